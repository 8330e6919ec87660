//! Text as CSV cells and as JSON in CSV cells, and the tags that people write.

/// A CSV cell. It is quoted once and written many times.
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

/// A JSON object of texts as a CSV cell. CUR 2.0 writes a map in this way.
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

/// The values of the tags `CostCenter`, `Environment`, `Name` and `Owner`. Some are difficult to read on
/// purpose, because no public sample has such values.
const TAG_VALUES: [[&str; 4]; 4] = [
    ["4711", "0815", "R&D, Tokyo", ""],
    ["production", "staging", "", "test \"blue\""],
    ["web", "決済バッチ 🚀", "reports, monthly", "line one\nline two"],
    ["", "Größe & Übergröße", "o'brien@example.com", "team\tα,β"],
];

/// The tags of a resource, as the cells of both generations.
pub(crate) struct TagSet {
    /// One cell for each key.
    pub(crate) cells: [Cell; 4],
    /// The cell `resource_tags`, with keys in snake case.
    pub(crate) resource_tags: Cell,
    /// The cell `tags`, with keys as they were activated.
    pub(crate) tags: Cell,
    /// The cell `cost_category`, which depends on the environment.
    pub(crate) cost_category: Cell,
}

/// How many combinations the values of four keys have.
const COMBINATIONS: usize = 4 * 4 * 4 * 4;

/// How many sets of tags there are. One of them is empty.
pub(crate) const TAG_SETS: usize = 1 + COMBINATIONS;

/// The sets of tags: the empty one, and then every combination of values.
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
