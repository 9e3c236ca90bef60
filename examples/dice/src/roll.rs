//! Rolls as people write them, such as `2d6`. It takes its luck from outside.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// Dice one roll may have: enough for any game, few enough to be read.
const DICE: RangeInclusive<usize> = 1..=20;

/// Sides a die may have.
const SIDES: RangeInclusive<u32> = 2..=1_000;

/// So many dice with so many sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    dice: usize,
    sides: u32,
}

/// Text that is no roll, or more of one than anybody reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no roll: write 2d6 for two dice with six sides, up to 20d1000")]
pub struct NoRoll(String);

impl FromStr for Roll {
    type Err = NoRoll;

    fn from_str(text: &str) -> Result<Self, NoRoll> {
        let no_roll = || NoRoll(text.to_owned());
        let (dice, sides) = text.trim().split_once(['d', 'D']).ok_or_else(no_roll)?;
        let dice = if dice.is_empty() { "1" } else { dice };
        let dice = dice.parse().map_err(|_| no_roll())?;
        let sides = sides.parse().map_err(|_| no_roll())?;
        let fits = DICE.contains(&dice) && SIDES.contains(&sides);
        fits.then_some(Self { dice, sides }).ok_or_else(no_roll)
    }
}

impl Roll {
    /// Throws the dice; `luck` picks a side for each.
    pub fn throw(self, mut luck: impl FnMut(RangeInclusive<u32>) -> u32) -> Vec<u32> {
        (0..self.dice).map(|_| luck(1..=self.sides)).collect()
    }
}

/// What the dice show, as people read it.
pub fn shown(faces: &[u32]) -> String {
    let sum: u32 = faces.iter().sum();
    let [first, others @ ..] = faces else { return sum.to_string() };
    if others.is_empty() {
        return sum.to_string();
    }
    let added = others.iter().fold(first.to_string(), |text, face| format!("{text} + {face}"));
    format!("{added} = {sum}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_is_read_as_people_write_it() {
        assert_eq!("2d6".parse(), Ok(Roll { dice: 2, sides: 6 }));
        assert_eq!(" D20 ".parse(), Ok(Roll { dice: 1, sides: 20 }));
    }

    #[test]
    fn what_is_no_roll_is_refused() {
        for text in ["", "2", "d", "0d6", "2d1", "21d6", "2d6d6", "-1d6", "1d1001"] {
            assert_eq!(text.parse::<Roll>(), Err(NoRoll(text.to_owned())));
        }
    }

    #[test]
    fn the_faces_are_added_up() {
        let faces = Roll { dice: 3, sides: 6 }.throw(|sides| *sides.end());
        assert_eq!(shown(&faces), "6 + 6 + 6 = 18");
        assert_eq!(shown(&[4]), "4");
    }
}
