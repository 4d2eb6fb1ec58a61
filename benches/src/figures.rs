//! What is made of what was measured, round by round.

use std::time::Duration;

/// Whose turn it is in a round: each once, and nobody always first. The machine is still busy with what the one before left.
pub fn turns(round: usize, contenders: usize) -> impl Iterator<Item = usize> {
    (round..round + contenders).map(move |turn| turn % contenders)
}

/// What came of so many contenders, by their places, in so many rounds.
pub fn in_turn<T>(rounds: usize, contenders: usize, mut measure: impl FnMut(usize) -> T) -> Vec<Vec<T>> {
    let mut found: Vec<_> = std::iter::repeat_with(Vec::new).take(contenders).collect();
    for place in (0..rounds).flat_map(|round| turns(round, contenders)) {
        found[place].push(measure(place));
    }
    found
}

/// One figure of each of these.
pub fn column<T>(rows: &[T], figure: impl Fn(&T) -> f64) -> Vec<f64> {
    rows.iter().map(figure).collect()
}

/// How many times the others these are, one by one.
pub fn ratios(these: &[f64], others: &[f64]) -> Vec<f64> {
    these.iter().zip(others).map(|(this, other)| this / other).collect()
}

/// The middle one of some figures; of an even number, the lower of the middle two.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

/// All of them, with so many digits behind the point.
pub fn each(figures: &[f64], digits: usize) -> String {
    let each: Vec<_> = figures.iter().map(|figure| format!("{figure:.digits$}")).collect();
    each.join(" ")
}

/// So many things a second in few characters.
pub fn rate(per_second: f64) -> String {
    if per_second >= 1e6 {
        format!("{:.2} M", per_second / 1e6)
    } else if per_second >= 1e5 {
        format!("{:.0} k", per_second / 1e3)
    } else {
        format!("{:.1} k", per_second / 1e3)
    }
}

/// How long so many of a thousand waited at most, of these who waited longer and longer; nothing where nobody did.
pub fn waited(sorted: &[Duration], of_thousand: usize) -> Option<Duration> {
    sorted.get(sorted.len().saturating_sub(1) * of_thousand / 1_000).copied()
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How many they were a second.
pub(crate) fn per_second(things: u64, time: Duration) -> f64 {
    let things = u32::try_from(things).expect("a run has fewer than 2^32 of anything");
    f64::from(things) / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_in_each_round_and_is_first_in_one() {
        let rounds: Vec<Vec<_>> = (0..4).map(|round| turns(round, 3).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    }

    #[test]
    fn figures_have_three_digits() {
        let cases = [(512.0, "0.5 k"), (47_250.0, "47.2 k"), (130_400.0, "130 k"), (1_234_000.0, "1.23 M")];
        for (per_second, expected) in cases {
            assert_eq!(rate(per_second), expected);
        }
    }
}
