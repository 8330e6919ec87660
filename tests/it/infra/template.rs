//! Reads the SAM template as `CloudFormation` does: `!Sub x` becomes `{"Fn::Sub": "x"}`.

use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");

pub(super) struct Template(Value);

impl Template {
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(PATH).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap();
        assert_eq!(documents.len(), 1, "the template is one document");
        Self(to_json(&documents[0]))
    }

    pub(super) fn globals(&self) -> &Value {
        &self.0["Globals"]["Function"]
    }

    /// The properties of one resource, which must have this type.
    pub(super) fn properties(&self, id: &str, kind: &str) -> &Value {
        let resource = &self.0["Resources"][id];
        assert_eq!(resource["Type"], kind, "resource {id}");
        &resource["Properties"]
    }

    /// The properties of all resources of a type, by their ids.
    pub(super) fn all(&self, kind: &str) -> Vec<(&str, &Value)> {
        let resources = self.0["Resources"].as_object().unwrap();
        let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        of_kind.map(|(id, resource)| (id.as_str(), &resource["Properties"])).collect()
    }
}

fn to_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                (key.as_str().unwrap().to_owned(), to_json(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        Yaml::Tagged(tag, value) => {
            let function = match tag.suffix.as_str() {
                "Ref" => "Ref".to_owned(),
                name => format!("Fn::{name}"),
            };
            Value::Object(Map::from_iter([(function, to_json(value))]))
        }
        other => panic!("the template has no use for {other:?}"),
    }
}
