//! From the handle to the durable acknowledgement: bookings per second by journal, concerts and callers.
//!
//! `cargo bench -p boxoffice-benches --bench pipeline`. Criterion runs one journal after the other; where two are to be compared,
//! `ratios` lets them take turns.

use std::path::Path;
use std::time::Duration;

use boxoffice_benches::{Journals, Party, Rush, runtime};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const CALLERS: [usize; 4] = [1, 64, 1_024, 8_192];
const SPREADS: [(&str, usize); 2] = [("one hot concert", 1), ("1,000 concerts", 1_000)];

fn pipeline(criterion: &mut Criterion) {
    let runtime = runtime();
    for (spread, concerts) in SPREADS {
        let mut group = criterion.benchmark_group(format!("pipeline, {spread}"));
        group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(100));
        for kind in Journals::ALL {
            for callers in CALLERS {
                let bookings = Rush::bookings_for(callers);
                let rush = Rush { concerts, callers, bookings, party: Party::One };
                group.throughput(Throughput::Elements(rush.bookings as u64));
                group.bench_with_input(BenchmarkId::new(kind.name(), callers), &rush, |bencher, rush| {
                    bencher.iter_custom(|rushes| {
                        let held = (0..rushes)
                            .map(|_| rush.hold(&runtime, kind, Path::new(env!("CARGO_TARGET_TMPDIR"))));
                        held.map(|crush| crush.elapsed).sum()
                    });
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
