//! That a plugin moved, for whoever follows: that it did, and how eagerly it should be told.
//!
//! It refuses to know where the plugin stands: followers look.

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::config::name::PluginName;

/// How long what is not a new state may wait for more of its kind: while a plugin starts, each of
/// its small steps would wake every follower, and all of them take their time from the start.
const TOGETHER: Duration = Duration::from_millis(10);

/// One plugin moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// It is in another state, or was loaded, changed or unloaded.
    State(PluginName),
    /// Something about it is different: its process, its session, its words.
    Detail(PluginName),
}

/// Waits until there is something to look at; false when nothing will move any more.
pub async fn something_moved(moves: &mut Receiver<Move>) -> bool {
    match moves.recv().await {
        Ok(Move::Detail(_)) => {
            // A new state ends the wait; so does falling behind, which means that many moved.
            let _ = tokio::time::timeout(TOGETHER, until_a_state(moves)).await;
            true
        }
        Ok(Move::State(_)) | Err(RecvError::Lagged(_)) => true,
        Err(RecvError::Closed) => false,
    }
}

async fn until_a_state(moves: &mut Receiver<Move>) {
    while let Ok(Move::Detail(_)) = moves.recv().await {}
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;
    use tokio::time::Instant;

    use super::*;

    fn name() -> PluginName {
        "dice".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_state_is_told_at_once_and_details_together() {
        let (sender, mut moves) = broadcast::channel(8);
        let began = Instant::now();
        sender.send(Move::State(name())).unwrap();
        assert!(something_moved(&mut moves).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        sender.send(Move::Detail(name())).unwrap();
        sender.send(Move::Detail(name())).unwrap();
        assert!(something_moved(&mut moves).await);
        assert_eq!(began.elapsed(), TOGETHER);
        assert!(moves.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_state_does_not_wait_for_details() {
        let (sender, mut moves) = broadcast::channel(8);
        let began = Instant::now();
        sender.send(Move::Detail(name())).unwrap();
        sender.send(Move::State(name())).unwrap();
        assert!(something_moved(&mut moves).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(sender);
        assert!(!something_moved(&mut moves).await);
    }
}
