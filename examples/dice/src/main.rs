//! dice: `/roll 2d6`, for everyone in the channel to see. It keeps no score.

mod roll;

use outboard_plugin::{Command, Exit, Plugin, Reply, Result};
use roll::{Roll, shown};

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("dice", env!("CARGO_PKG_VERSION")).command("roll", async |cmd| throw(&cmd))
}

fn throw(cmd: &Command) -> Result<Reply> {
    let asked = cmd.arg::<Option<String>>("dice")?.unwrap_or_else(|| "1d6".to_owned());
    let roll: Roll = match asked.parse() {
        Ok(roll) => roll,
        Err(no_roll) => return Ok(cmd.refuse(no_roll.to_string())),
    };
    let faces = roll.throw(fastrand::u32);
    Ok(cmd.reply(format!("{} rolls {asked}: {}", cmd.sender().name, shown(&faces))))
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::test::Harness;

    #[test]
    fn a_roll_is_told_to_everyone() {
        let mut daemon = Harness::new(plugin());
        let reply = daemon.command("roll").arg("dice", "3d6").by("ada").run().unwrap();
        assert!(reply.text().starts_with("ada rolls 3d6: "), "{reply:?}");
        assert!(!reply.is_whisper());
    }

    #[test]
    fn without_an_argument_one_die_is_rolled() {
        let reply = Harness::new(plugin()).command("roll").run().unwrap();
        assert!(reply.text().starts_with("ada rolls 1d6: "), "{reply:?}");
    }

    #[test]
    fn what_is_no_roll_is_explained_to_the_one_who_asked() {
        let reply = Harness::new(plugin()).command("roll").arg("dice", "many").run().unwrap();
        assert!(reply.is_refusal() && reply.is_whisper());
        assert!(reply.text().contains("write 2d6"), "{reply:?}");
    }
}
