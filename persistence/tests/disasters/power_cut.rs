//! A power cut: what a process said is durable is there afterwards, whatever it was doing.

use std::io::{BufRead, BufReader};

use crate::alone;
use crate::child::{self, Task};
use crate::loop_device::LoopDevice;
use crate::support::{everything, expected, open};

const CUTS: u64 = 4;

#[test]
fn what_was_durable_survives_a_power_cut() {
    let _alone = alone();
    for cut in 0..CUTS {
        let Some(disk) = LoopDevice::new(320) else { return };
        let data_dir = disk.path().join("data");
        // At another place each time, with small and large groups before it.
        let cut_at = 10 + 23 * cut;
        let (mut durable, mut last) = (0, Vec::new());
        let mut writer = child::start(Task::Write, &data_dir);
        for line in BufReader::new(writer.stdout.take().unwrap()).lines().map(Result::unwrap) {
            match child::said(&line).map(|said| said.strip_prefix("durable ").ok_or(said)) {
                // What the child says after the cut counts, too.
                Some(Ok(group)) => {
                    durable = group.parse::<u64>().unwrap() + 1;
                    if durable == cut_at {
                        disk.cut_power();
                    }
                }
                Some(Err(error)) => last.push(error.to_owned()),
                None => {}
            }
        }
        writer.wait().unwrap();
        assert!(durable >= cut_at);
        let failed = |said: &String, when: &str| said.starts_with(&format!("{when} the journal failed"));
        assert!(last.len() == 2 && failed(&last[0], "first") && failed(&last[1], "then"), "{last:?}");

        disk.restart();
        let found = everything(&open(&data_dir).unwrap());
        let groups = if found.len() > expected(durable).len() { durable + 1 } else { durable };
        assert!(found == expected(groups), "{} records where {durable} groups were durable", found.len());
    }
}
