//! The Rust peers, timed on request.
//!
//! `polyfind-rivals FOLDER` reads the polygons' raw columns (files x, y: f64; offsets: i64) and then lines `WAY VERB
//! POINTS ARGUMENT THREADS ANSWER CALLS` with tabs, and one blank before CALLS. POINTS is a file of two columns, all x
//! before all y. It answers each line with the nanoseconds that one such call took. Where ANSWER is no dash it writes
//! what was found to the files ANSWER.starts (i64), ANSWER.polygons (i32) and ANSWER.distances (f64). The verbs:
//!
//! | verb | argument | |
//! |---|---|---|
//! | convert | | polygons of `geo` from columns, and nothing else |
//! | build | | the same, and the index |
//! | first | | the lowest polygon that covers each point |
//! | all | | every polygon that covers it |
//! | dwithin | distance | every polygon that is as near |
//! | nearest | k | the k nearest polygons |
//! | close | distance | every polygon whose center is nearer |

mod shapes;
mod ways;

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use geo::Coord;
use shapes::Columns;
use ways::Way;

/// What was found: the polygons of point i are `polygons[starts[i]..starts[i + 1]]`.
#[derive(Default)]
struct Answer {
    starts: Vec<i64>,
    polygons: Vec<i32>,
    distances: Vec<f64>,
}

impl Answer {
    fn write(&self, name: &str) {
        let write = |part, bytes: Vec<u8>| std::fs::write(format!("{name}.{part}"), bytes).expect("a file to write");
        write("starts", self.starts.iter().flat_map(|v| v.to_ne_bytes()).collect());
        write("polygons", self.polygons.iter().flat_map(|v| v.to_ne_bytes()).collect());
        write("distances", self.distances.iter().flat_map(|v| v.to_ne_bytes()).collect());
    }
}

fn ask(way: &dyn Way, verb: &str, argument: f64, x: &[f64], y: &[f64]) -> Answer {
    let mut answer = Answer::default();
    let (mut found, mut near) = (Vec::new(), Vec::new());
    answer.starts.reserve(x.len() + 1);
    for (&x, &y) in x.iter().zip(y) {
        let point = Coord { x, y };
        answer.starts.push(answer.polygons.len() as i64);
        found.clear();
        match verb {
            "first" => {
                way.covering(point, &mut found);
                let first = found.iter().min().copied().unwrap_or(-1);
                found.clear();
                found.push(first);
            }
            "all" => way.covering(point, &mut found),
            "dwithin" | "close" => way.within(point, argument, &mut found),
            "nearest" => {
                near.clear();
                way.nearest(point, argument as usize, &mut near);
                answer.distances.extend(near.iter().map(|pair| pair.0));
                found.extend(near.iter().map(|pair| pair.1));
            }
            _ => panic!("no verb {verb}"),
        }
        if matches!(verb, "all" | "dwithin" | "close") {
            found.sort_unstable();
        }
        answer.polygons.extend_from_slice(&found);
    }
    answer.starts.push(answer.polygons.len() as i64);
    answer
}

fn ask_threads(way: &dyn Way, verb: &str, argument: f64, x: &[f64], y: &[f64], threads: usize) -> Answer {
    if threads < 2 {
        return ask(way, verb, argument, x, y);
    }
    let piece = x.len().div_ceil(threads).max(1);
    let parts: Vec<Answer> = std::thread::scope(|scope| {
        let pieces = x.chunks(piece).zip(y.chunks(piece));
        let running: Vec<_> = pieces.map(|(x, y)| scope.spawn(move || ask(way, verb, argument, x, y))).collect();
        running.into_iter().map(|thread| thread.join().expect("a thread that ends well")).collect()
    });
    let mut all = Answer::default();
    for part in parts {
        let before = all.starts.pop().unwrap_or(0);
        all.starts.extend(part.starts.iter().map(|start| start + before));
        all.polygons.extend(part.polygons);
        all.distances.extend(part.distances);
    }
    all
}

fn read_f64(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes.as_chunks().0.iter().map(|chunk| f64::from_ne_bytes(*chunk)).collect()
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the polygons");
    let columns = Columns::read(Path::new(&folder));
    let mut built: HashMap<String, Box<dyn Way>> = HashMap::new();
    let mut points: (String, Vec<f64>) = Default::default();
    println!();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (words, calls) = line.rsplit_once(' ').expect("a number of calls");
        let words: Vec<&str> = words.split('\t').collect();
        let [name, verb, file, argument, threads, to] = words[..] else {
            panic!("six words, not {line}");
        };
        let [threads, calls] = [threads, calls].map(|word| word.parse::<usize>().expect("a number"));
        let argument: f64 = argument.parse().expect("a number");
        let making = matches!(verb, "build" | "convert");
        if !making {
            built.entry(name.into()).or_insert_with(|| ways::build(name, &columns));
            if points.0 != file {
                points = (file.into(), read_f64(Path::new(file)));
            }
        }
        let (x, y) = points.1.split_at(points.1.len() / 2);
        let mut answer = Answer::default();
        let start = Instant::now();
        for _ in 0..calls {
            match verb {
                "convert" => drop(std::hint::black_box(columns.polygons())),
                "build" => drop(std::hint::black_box(ways::build(name, &columns))),
                _ => answer = ask_threads(&*built[name], verb, argument, x, y, threads),
            }
        }
        let nanoseconds = start.elapsed().as_nanos() as f64 / calls as f64;
        if to != "-" {
            answer.write(to);
        }
        println!("{nanoseconds:.3}");
        std::io::stdout().flush().expect("somebody who listens");
    }
}
