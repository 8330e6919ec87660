//! Text as CSV cells and as JSON inside CSV cells, and the tags people write.

/// A CSV cell, quoted once and written many times.
#[derive(Clone, Default)]
pub(crate) struct Cell(Vec<u8>);

impl Cell {
    pub(crate) fn new(text: &str) -> Self {
        if !text.contains([',', '"', '\n', '\r']) {
            return Self(text.as_bytes().to_vec());
        }
        Self(format!("\"{}\"", text.replace('"', "\"\"")).into_bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A JSON object of texts as a CSV cell: what CUR 2.0 writes for a map.
pub(crate) fn json_cell<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Cell {
    let members: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| {
            let [key, value] = [key, value].map(|text| serde_json::Value::from(text).to_string());
            format!("{key}:{value}")
        })
        .collect();
    Cell::new(&format!("{{{}}}", members.join(",")))
}

/// What people wrote into the tags `CostCenter`, `Environment`, `Name` and `Owner`.
/// The awkward values are here because no public sample has any.
const TAG_VALUES: [[&str; 4]; 4] = [
    ["4711", "0815", "R&D, Tokyo", ""],
    ["production", "staging", "", "test \"blue\""],
    ["web", "決済バッチ 🚀", "reports, monthly", "line one\nline two"],
    ["", "Größe & Übergröße", "o'brien@example.com", "team\tα,β"],
];

/// One way of tagging a resource, as the cells of both generations.
pub(crate) struct TagSet {
    /// One cell a key.
    pub(crate) cells: [Cell; 4],
    /// `resource_tags`: keys in snake case.
    pub(crate) resource_tags: Cell,
    /// `tags`: keys as they were activated.
    pub(crate) tags: Cell,
    /// `cost_category`, which follows from the environment.
    pub(crate) cost_category: Cell,
}

/// Values of four keys in every combination.
const COMBINATIONS: usize = 4 * 4 * 4 * 4;

/// How many ways of tagging there are.
pub(crate) const TAG_SETS: usize = 1 + COMBINATIONS;

/// Every combination of values, the untagged resource first.
pub(crate) fn tag_sets() -> Vec<TagSet> {
    let combination = |number: usize| {
        let [a, b, c, d] = TAG_VALUES;
        [a[number % 4], b[number / 4 % 4], c[number / 16 % 4], d[number / 64 % 4]]
    };
    let untagged = std::iter::once([""; 4]);
    untagged.chain((0..COMBINATIONS).map(combination)).map(tag_set).collect()
}

fn tag_set(values: [&str; 4]) -> TagSet {
    const SNAKE: [&str; 4] = ["user_cost_center", "user_environment", "user_name", "user_owner"];
    const ACTIVATED: [&str; 4] = [
        "resourceTags/user:CostCenter",
        "resourceTags/user:Environment",
        "resourceTags/user:Name",
        "resourceTags/user:Owner",
    ];
    let map = |keys: [&'static str; 4]| {
        let pairs = keys.into_iter().zip(values);
        json_cell(pairs.filter(|(_, value)| !value.is_empty()))
    };
    let [_, environment, ..] = values;
    TagSet {
        cells: values.map(Cell::new),
        resource_tags: map(SNAKE),
        tags: map(ACTIVATED),
        cost_category: match environment {
            "production" => json_cell([("stage", "Live, \"24/7\"")]),
            "staging" => json_cell([("stage", "Pre-live")]),
            _ => json_cell([]),
        },
    }
}
