//! Every rule that a file is held to, broken alone, with all checksums right: it is refused, by the name of that rule.

use polyfind::error::Kind;
use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::tables::{Aligned, Table, stars, tables};
use super::written;

/// A file, taken apart.
#[derive(Clone)]
struct File {
    features: u32,
    polygons: u64,
    sections: Vec<Section>,
}

#[derive(Clone)]
struct Section {
    name: [u8; 40],
    element: u32,
    bytes: Vec<u8>,
}

impl File {
    fn of(table: &Table, uses: Uses) -> Self {
        let bytes = written(&Index::build(&table.view(), uses, &Run::default()).unwrap());
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let section = |at: usize| Section {
            name: bytes[at..at + 40].try_into().unwrap(),
            element: half(at + 56),
            bytes: bytes[word(at + 40)..][..word(at + 48)].to_vec(),
        };
        let sections = (1..=half(32) as usize).map(|i| section(64 * i)).collect();
        File { features: half(12), polygons: word(24) as u64, sections }
    }

    /// Put together again, as docs/format.md has it.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; 64 * (1 + self.sections.len())];
        for (i, section) in self.sections.iter().enumerate() {
            let entry = 64 * (i + 1);
            let start = bytes.len() as u64;
            bytes[entry..entry + 40].copy_from_slice(&section.name);
            bytes[entry + 40..entry + 48].copy_from_slice(&start.to_le_bytes());
            bytes[entry + 48..entry + 56].copy_from_slice(&(section.bytes.len() as u64).to_le_bytes());
            bytes[entry + 56..entry + 60].copy_from_slice(&section.element.to_le_bytes());
            bytes[entry + 60..entry + 64].copy_from_slice(&crc32fast::hash(&section.bytes).to_le_bytes());
            bytes.extend(&section.bytes);
            bytes.resize(bytes.len().next_multiple_of(64), 0);
        }
        bytes[..8].copy_from_slice(b"polyfind");
        bytes[8] = 1;
        bytes[12..16].copy_from_slice(&self.features.to_le_bytes());
        let len = bytes.len() as u64;
        bytes[16..24].copy_from_slice(&len.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.polygons.to_le_bytes());
        bytes[32..36].copy_from_slice(&(self.sections.len() as u32).to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    fn section(&mut self, name: &str) -> &mut Section {
        let starts =
            |section: &&mut Section| section.name.starts_with(name.as_bytes()) && section.name[name.len()] == 0;
        self.sections.iter_mut().find(starts).unwrap_or_else(|| panic!("there is a section {name}"))
    }

    /// Writes numbers into a section, from a byte on.
    fn put(&mut self, name: &str, at: usize, numbers: &[impl Bytes]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(Bytes::bytes).collect();
        self.section(name).bytes[at..at + bytes.len()].copy_from_slice(&bytes);
    }

    fn number(&mut self, name: &str, at: usize) -> u32 {
        u32::from_le_bytes(self.section(name).bytes[at..at + 4].try_into().unwrap())
    }
}

trait Bytes {
    fn bytes(&self) -> Vec<u8>;
}

impl Bytes for u32 {
    fn bytes(&self) -> Vec<u8> {
        self.to_le_bytes().into()
    }
}

impl Bytes for u64 {
    fn bytes(&self) -> Vec<u8> {
        self.to_le_bytes().into()
    }
}

impl Bytes for f64 {
    fn bytes(&self) -> Vec<u8> {
        self.to_le_bytes().into()
    }
}

/// Makes the checksum of header and table right.
fn seal(bytes: &mut [u8]) {
    let count = u32::from_le_bytes(bytes[32..36].try_into().unwrap()) as usize;
    let end = (64 * (1 + count)).min(bytes.len());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..60]);
    hasher.update(&bytes[64..end]);
    bytes[60..64].copy_from_slice(&hasher.finalize().to_le_bytes());
}

fn refusal(bytes: &[u8]) -> Option<(Kind, String)> {
    let bytes = Aligned::new(bytes);
    // SAFETY: no index outlives its bytes.
    let opened = unsafe { Index::view(bytes.get(), false, &Run { workers: 1, ..Run::default() }) };
    opened.err().map(|error| (error.kind(), error.message().to_owned()))
}

fn format(message: &str) -> Option<(Kind, String)> {
    Some((Kind::Format, format!("index: {message}")))
}

fn unsupported(message: &str) -> Option<(Kind, String)> {
    Some((Kind::Unsupported, format!("index: {message}")))
}

/// Four polygons: a square with a hole, none, a square, a triangle.
fn few() -> File {
    File::of(&tables().swap_remove(1).1, Uses::ALL)
}

/// Changes to a file, and how they are refused.
type Rule = (fn(&mut File), &'static str);

fn hold(file: &File, rules: &[Rule]) {
    assert!(Index::copy(&file.bytes(), false, &Run::default()).is_ok(), "it is a good file");
    for (number, (spoil, message)) in rules.iter().enumerate() {
        let mut spoiled = file.clone();
        spoil(&mut spoiled);
        assert_eq!(refusal(&spoiled.bytes()), format(message), "rule {number}");
    }
}

#[test]
fn the_rules_of_header_and_table() {
    let good = few();
    hold(
        &good,
        &[
            (|file| file.polygons = 1 << 40, "1099511627776 polygons are too many"),
            (|file| file.polygons = 5, "it has not 5 polygons, as its header says"),
            (|file| file.sections.truncate(0), "section centers.strips is missing"),
            (|file| drop(file.sections.pop()), "section tree.owners is missing"),
            (|file| file.sections.swap(0, 1), "section centers.groups where centers.strips should be"),
            (|file| file.sections[0].name[0] = 0xFF, "section ? where centers.strips should be"),
            (|file| file.section("tree.nodes").element = 8, "section tree.nodes has elements of another size"),
            (|file| file.section("tree.links").bytes.push(0), "section tree.links has elements of another size"),
            (
                |file| file.sections.push(file.sections[0].clone()),
                "section centers.strips belongs to no index like this",
            ),
            (|file| file.sections.resize(33, file.sections[0].clone()), "a table of 33 sections is too long"),
        ],
    );
    let bytes = good.bytes();
    let spoiled = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut spoiled = bytes.clone();
        spoil(&mut spoiled);
        refusal(&spoiled)
    };
    let damaged = "header or table are damaged: their checksum is another";
    assert_eq!(spoiled(&|bytes| bytes[60] ^= 1), format(damaged));
    assert_eq!(spoiled(&|bytes| bytes[64 + 50] ^= 1), format(damaged));
    let many = |bytes: &mut Vec<u8>| bytes[32..36].fill(0xFF);
    assert_eq!(spoiled(&|bytes| many(bytes)), format("a table of 4294967295 sections is too long"));
    // A section elsewhere, one that ends behind the end or is longer than any memory, and bytes behind the last.
    let misplaced = "section centers.strips is not where it belongs";
    for (at, value) in [(40, 0u64), (40, 1 << 20), (48, 1 << 20), (48, u64::MAX - 80), (48, u64::MAX)] {
        let place = |bytes: &mut Vec<u8>| {
            bytes[64 + at..64 + at + 8].copy_from_slice(&value.to_le_bytes());
            seal(bytes);
        };
        assert_eq!(spoiled(&|bytes| place(bytes)), format(misplaced), "{at} {value}");
    }
    let longer = |bytes: &mut Vec<u8>| {
        bytes.resize(bytes.len() + 64, 0);
        let len = bytes.len() as u64;
        bytes[16..24].copy_from_slice(&len.to_le_bytes());
        seal(bytes);
    };
    assert_eq!(spoiled(&|bytes| longer(bytes)), format("something follows its last section"));
    let filled = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() = 1;
    assert_eq!(spoiled(&|bytes| filled(bytes)), format("section tree.owners is followed by something"));
    // Twenty-four bytes say how long the file is, sixty-four are a header.
    for len in [0, 23, 24, 63] {
        let cut = |bytes: &mut Vec<u8>| {
            bytes.truncate(len);
            if len >= 24 {
                bytes[16..24].copy_from_slice(&(len as u64).to_le_bytes());
            }
        };
        assert_eq!(spoiled(&|bytes| cut(bytes)), format(&format!("{len} bytes are too few for one")));
    }
    let later = |bytes: &mut Vec<u8>| bytes[36] = 1;
    assert_eq!(spoiled(&|bytes| later(bytes)), unsupported("its header has fields of a later version"));
    // Distances need insides.
    let mut file = good;
    file.features = 5;
    let unknown = "its features 0x5 are not known to this version of the library";
    assert_eq!(refusal(&file.bytes()), unsupported(unknown));
}

/// Strips: smallest and largest y, first x, scale and last number of its buckets, first start, first and last group.
#[test]
fn the_rules_of_centers() {
    const STRIPS: &str = "centers.strips";
    hold(
        &few(),
        &[
            (|file| file.put(STRIPS, 40, &[1u64]), "centers.strips[0] is not where the one before ends"),
            (|file| file.put(STRIPS, 48, &[1u32]), "centers.strips[0] is not where the one before ends"),
            (|file| file.put(STRIPS, 52, &[0u32]), "centers.strips[0] is not where the one before ends"),
            (|file| file.put(STRIPS, 52, &[2u32]), "centers.strips[0] is not where the one before ends"),
            (|file| file.put(STRIPS, 0, &[f64::NEG_INFINITY]), "centers.strips[0] is not above the one before"),
            (|file| file.put(STRIPS, 8, &[-1e9]), "centers.strips[0] is not above the one before"),
            (|file| file.put(STRIPS, 8, &[f64::INFINITY]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 16, &[f64::NAN]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 24, &[-1.0]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 24, &[f64::INFINITY]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 32, &[1u64 << 32]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 32, &[u64::MAX]), "centers.strips[0] is not finite"),
            (|file| file.put(STRIPS, 32, &[1u64 << 20]), "centers.strips[0] has starts that do not rise from 0"),
            (|file| file.put("centers.starts", 0, &[1u32]), "centers.strips[0] has starts that do not rise from 0"),
            (
                |file| {
                    let last = file.section("centers.starts").bytes.len() - 4;
                    file.put("centers.starts", last, &[5u32]);
                },
                "centers.strips[0] has not as many groups as centers",
            ),
            (|file| file.put("centers.groups", 24, &[0.5]), "centers.groups[0] is not filled up with NaN"),
            (|file| file.put("centers.groups", 56, &[0.5]), "centers.groups[0] is not filled up with NaN"),
            (|file| file.put("centers.ids", 12, &[0u32]), "centers.groups[0] is not filled up with NaN"),
            (|file| file.put("centers.groups", 0, &[1e9]), "centers.groups[0] is not sorted by x"),
            (|file| file.put("centers.groups", 16, &[f64::INFINITY]), "centers.groups[0] is not sorted by x"),
            (|file| file.put("centers.groups", 32, &[1e9]), "centers.groups[0] is not in its strip"),
            (|file| file.put("centers.groups", 32, &[-1e9]), "centers.groups[0] is not in its strip"),
            (|file| file.put("centers.ids", 0, &[4u32]), "centers.ids[0] is no polygon"),
            (|file| file.put("centers.ids", 0, &[-2i32 as u32]), "centers.ids[0] is no polygon"),
            (
                |file| {
                    let first = file.number("centers.ids", 0);
                    file.put("centers.ids", 4, &[first]);
                },
                "centers.ids[0] is a polygon that is there already",
            ),
            (
                |file| {
                    file.section("centers.groups").bytes.extend([0; 64]);
                    file.section("centers.ids").bytes.extend([0; 16]);
                    file.section("centers.areas").bytes.extend([0; 32]);
                },
                "centers.groups[1] belongs to no strip",
            ),
            (|file| file.section("centers.starts").bytes.extend([0; 4]), "centers.starts[2] belongs to no strip"),
            (|file| file.section("centers.ids").bytes.clear(), "centers.ids is not as long as centers.groups"),
            (|file| file.section("centers.areas").bytes.clear(), "centers.areas has not one area for each center"),
            (
                |file| file.section("centers.top_starts").bytes.clear(),
                "centers.top_starts is not as long as centers.tops needs",
            ),
            (|file| file.put("centers.tops", 0, &[1e9]), "centers.tops[0] or another is not the top of its strip"),
            (
                |file| {
                    file.section("centers.tops").bytes.clear();
                    file.section("centers.top_starts").bytes.resize(8, 0);
                },
                "centers.tops[0] or another is not the top of its strip",
            ),
            (
                |file| file.put("centers.top_starts", 0, &[9u32]),
                "centers.tops[0] or another is not the top of its strip",
            ),
            (|file| file.put("centers.areas", 0, &[f64::NAN]), "centers.areas[0] is not a number"),
        ],
    );
    // More centers, so that there is more than one interval.
    hold(
        &File::of(&stars(7, 9, 20, 1.0), Uses::ALL),
        &[(
            |file| {
                // All in the last interval.
                let end = file.section("centers.starts").bytes.len() - 4;
                file.section("centers.starts").bytes[..end].fill(0);
            },
            "centers.groups[0] is not where its bucket says",
        )],
    );
}

#[test]
fn the_rules_of_polygons() {
    const VERTICES: &str = "polygons.vertices";
    hold(
        &few(),
        &[
            (|file| file.section("polygons.bounds").bytes.clear(), "polygons.bounds[0] is missing"),
            (|file| file.section("polygons.bounds").bytes.extend([0; 32]), "section polygons.bounds has 2 elements"),
            (|file| file.put("polygons.bounds", 24, &[f64::INFINITY]), "polygons.bounds[0] bounds nothing"),
            (|file| file.section(VERTICES).bytes.truncate(48), "polygons: a section is too short or too long"),
            (|file| file.section("polygons.rings").bytes.clear(), "polygons: a section is too short or too long"),
            (|file| file.section("polygons.polygons").bytes.clear(), "polygons: a section is too short or too long"),
            (|file| file.put("polygons.polygons", 0, &[1u32]), "polygons.polygons[0] is not 0"),
            (|file| file.put("polygons.polygons", 8, &[1u32]), "polygons.polygons[2] is less than the one before"),
            (|file| file.put("polygons.polygons", 16, &[3u32]), "polygons.polygons[4] is not the number of rings"),
            (|file| file.put("polygons.rings", 0, &[1u32]), "polygons.rings[0] is not 0"),
            (|file| file.put("polygons.rings", 4, &[1u32]), "polygons.rings[1] does not end a ring of vertices"),
            (|file| file.put("polygons.rings", 16, &[77u32]), "polygons.rings[4] does not end a ring of vertices"),
            (|file| file.put("polygons.rings", 16, &[17u32]), "polygons.rings[4] is not the number of vertices"),
            (|file| file.put(VERTICES, 16, &[-0.5]), "polygons.vertices[1] is not finite, or out of bounds"),
            (|file| file.put(VERTICES, 16, &[10.5]), "polygons.vertices[1] is not finite, or out of bounds"),
            (|file| file.put(VERTICES, 24, &[-0.5]), "polygons.vertices[1] is not finite, or out of bounds"),
            (|file| file.put(VERTICES, 24, &[4.5]), "polygons.vertices[1] is not finite, or out of bounds"),
            (|file| file.put(VERTICES, 24, &[f64::NAN]), "polygons.vertices[1] is not finite, or out of bounds"),
            (|file| file.put(VERTICES, 0, &[0.5]), "polygons.rings[0] begins a ring that is not closed"),
            (|file| file.put(VERTICES, 8, &[0.5]), "polygons.rings[0] begins a ring that is not closed"),
            (
                |file| {
                    let last = file.section(VERTICES).bytes.len() - 8;
                    file.put(VERTICES, last, &[0.5]);
                },
                "polygons.vertices[18] is not zero",
            ),
            (|file| file.put("polygons.centers", 0, &[f64::NAN]), "polygons.centers[0] is not finite"),
            (|file| file.put("polygons.centers", 8, &[f64::INFINITY]), "polygons.centers[0] is not finite"),
            (|file| file.put("polygons.centers", 0, &[f64::NAN; 2]), "polygons.centers[0] is not finite"),
            (|file| file.put("polygons.centers", 16, &[1.0; 2]), "polygons.centers[1] is not finite"),
            (|file| file.section("polygons.centers").bytes.clear(), "it has not 4 polygons, as its header says"),
            (|file| file.section("polygons.areas").bytes.clear(), "it has not 4 polygons, as its header says"),
            (|file| file.put("polygons.areas", 8, &[f64::NAN]), "polygons.areas[1] is not a number"),
        ],
    );
    let mut none = Table::new();
    none.add(&[]);
    hold(
        &File::of(&none, Uses::ALL),
        &[
            (|file| file.section("polygons.bounds").bytes.resize(32, 0), "polygons.bounds[0] bounds nothing"),
            (|file| file.section("squares.grid").bytes.resize(32, 0), "squares.grid without vertices"),
            (|file| file.put("squares.codes", 0, &[2u32]), "squares.codes[0] is divided without a grid"),
        ],
    );
}

/// Codes: nothing, inside a polygon, divided, chains, in the lowest two bits; chains: polygon, first edge, bits (1 << 5 for an edge).
#[test]
fn the_rules_of_squares() {
    const LAST: u32 = 8;
    const SAME: u32 = 16;
    hold(
        &few(),
        &[
            (|file| file.section("squares.grid").bytes.clear(), "squares.grid[0] is missing"),
            (|file| file.put("squares.grid", 0, &[3.0]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 0, &[-1.0]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 0, &[5e-324]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 8, &[1.0]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 16, &[0.5]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 16, &[2f64.powi(60)]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 16, &[1.0]), "squares.grid[0] does not hold the polygons"),
            (|file| file.put("squares.grid", 24, &[-2f64.powi(40)]), "squares.grid[0] does not hold the polygons"),
            // The last column, for 10 is the greatest x, and 2^26 the scale.
            (
                |file| file.put("squares.grid", 16, &[10.0 * 2f64.powi(26) - (2f64.powi(30) - 1.0)]),
                "squares.grid[0] does not hold the polygons",
            ),
            (
                |file| file.section("squares.bits").bytes.clear(),
                "squares.codes has not the codes of the first division",
            ),
            (|file| file.put("squares.bits", 0, &[16u32]), "squares.codes has not the codes of the first division"),
            (
                |file| file.section("squares.codes").bytes.clear(),
                "squares.codes has not the codes of the first division",
            ),
            (|file| file.put("squares.chains", 0, &[9u32]), "squares.chains[0] are not edges of its polygon"),
            (|file| file.put("squares.chains", 4, &[u32::MAX]), "squares.chains[0] are not edges of its polygon"),
            // The edges of two rings, none that begin before the polygon, and one of an empty polygon.
            (
                |file| file.put("squares.chains", 0, &[0u32, 3, 3 << 5 | LAST]),
                "squares.chains[0] are not edges of its polygon",
            ),
            (
                |file| file.put("squares.chains", 0, &[2u32, 0, 1 << 5 | LAST]),
                "squares.chains[0] are not edges of its polygon",
            ),
            (
                |file| file.put("squares.chains", 0, &[1u32, 0, 1 << 5 | LAST]),
                "squares.chains[0] are not edges of its polygon",
            ),
            (|file| file.put("squares.chains", 0, &[0u32, 1, LAST]), "squares.chains[0] are not edges of its polygon"),
            (|file| file.put("squares.chains", 0, &[4u32, 0, LAST]), "squares.chains[0] are not edges of its polygon"),
            (|file| file.put("squares.chains", 0, &[0u32, 0, SAME | LAST]), "squares.chains[0] is the same as nothing"),
            (
                |file| {
                    let last = file.section("squares.chains").bytes.len() - 4;
                    let bits = file.number("squares.chains", last);
                    file.put("squares.chains", last, &[bits & !LAST]);
                },
                "squares.chains[10] is the last of all and not of its square",
            ),
            (|file| file.put("squares.codes", 0, &[4u32]), "squares.codes[0] is no code"),
            (|file| file.put("squares.codes", 0, &[4u32 << 2 | 1]), "squares.codes[0] is inside no polygon"),
            (|file| file.put("squares.codes", 0, &[9999u32 << 2 | 3]), "squares.codes[0] leads to no first chain"),
            (
                |file| file.put("squares.codes", 0, &[2u32]),
                "squares.codes[0] is not divided into smaller squares of its own behind it",
            ),
            (
                |file| {
                    let codes = file.section("squares.codes").bytes.len() as u32 / 4;
                    file.put("squares.codes", 0, &[(codes / 4) << 5 | 1 << 2 | 2]);
                },
                "squares.codes[0] is not divided into smaller squares of its own behind it",
            ),
            (|file| file.section("squares.codes").bytes.extend([0; 16]), "squares.codes[28] is part of no division"),
            (
                |file| file.section("squares.codes").bytes.extend([2, 0, 0, 0, 0, 0, 0, 0]),
                "squares.codes[28] is part of no division",
            ),
        ],
    );
}

#[test]
fn the_rules_of_the_tree() {
    let good = File::of(&stars(7, 9, 20, 1.0), Uses::ALL);
    hold(
        &good,
        &[
            (|file| file.put("tree.links", 8, &[0u32]), "tree.links[0] has too few edges or too many"),
            (|file| file.put("tree.links", 8, &[17u32]), "tree.links[0] has too few edges or too many"),
            (|file| file.put("tree.links", 4, &[u32::MAX]), "tree.links[0] are not edges of its polygon"),
            (|file| file.put("tree.links", 0, &[99u32]), "tree.links[0] are not edges of its polygon"),
            (|file| file.put("tree.owners", 0, &[9u32]), "tree.owners[0] is not a polygon"),
            (|file| file.put("tree.nodes", 0, &[f64::NAN]), "tree.nodes[0] is NaN"),
            (|file| file.put("tree.nodes", 32, &[f64::NAN]), "tree.nodes[0] is NaN"),
            (|file| file.put("tree.nodes", 64, &[f64::NAN]), "tree.nodes[0] is NaN"),
            (|file| file.put("tree.nodes", 96, &[f64::NAN]), "tree.nodes[0] is NaN"),
        ],
    );
    for name in ["tree.nodes", "tree.owners"] {
        let mut file = good.clone();
        file.section(name).bytes.clear();
        let (kind, message) = refusal(&file.bytes()).unwrap();
        assert!(kind == Kind::Format && message.ends_with("are no tree"), "{name}: {message}");
    }
    let spoil = |bytes: &[u8]| {
        let mut file = good.clone();
        file.section("tree.slabs").bytes.extend(bytes);
        refusal(&file.bytes())
    };
    assert_eq!(spoil(&[0; 128]), format("1 slabs are not those of 5 nodes"));
    let mut slabs = [0; 5 * 128];
    assert_eq!(spoil(&slabs), None);
    slabs[3 * 128..][..8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert_eq!(spoil(&slabs), format("tree.slabs[3] is NaN"));
}

#[test]
fn spikes_have_slabs_and_fans() {
    let mut file = File::of(&tables().swap_remove(8).1, Uses::ALL);
    assert!(!file.section("tree.slabs").bytes.is_empty());
    assert!(file.section("squares.chains").bytes.chunks(12).any(|chain| chain[11] & 0x80 != 0));
}
