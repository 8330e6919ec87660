//! Any bytes as a manifest: refused, or a delivery whose files have names that tell them apart, and whose
//! heading names the same report.
#![no_main]

use std::collections::BTreeSet;

use cur::Manifest;
use libfuzzer_sys::fuzz_target;

const LEGACY: &str = "cur/costs/20261001-20261101/20261103T120125Z/costs-Manifest.json";
const EXPORT: &str = "cur/costs/metadata/BILLING_PERIOD=2026-10/costs-Manifest.json";

fuzz_target!(|bytes: &[u8]| {
    for key in [LEGACY, EXPORT] {
        if let Ok(manifest) = Manifest::parse(key, bytes) {
            let names: BTreeSet<&str> =
                manifest.files.iter().map(|file| file.rsplit('/').next().unwrap_or(file)).collect();
            assert_eq!(names.len(), manifest.files.len());
            assert!(!manifest.delivery_id.is_empty());
            let heading = Manifest::heading(key, bytes).expect("it is a manifest");
            assert_eq!(heading.report, manifest.report);
        }
    }
});
