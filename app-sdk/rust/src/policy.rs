//! What the app remembers of its hooks: whether anyone intercepts, the policy, the budget.
//!
//! Only the daemon's last word, kept across its absences; it refuses to know whether the daemon
//! is there now.

use std::time::Duration;

use outboard_proto::app;

use crate::outcome::Policy;

/// Waits that long for a hook whose budget was never told: a pipeline's default.
pub(crate) const DEFAULT_BUDGET: Duration = Duration::from_secs(1);

/// What is known of one hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookPolicy {
    /// Whether any plugin intercepts it.
    pub intercepted: bool,
    /// What happens when nobody can answer.
    pub policy: Policy,
    /// How long a verdict may take.
    pub budget: Duration,
}

/// A hook nothing was heard of: it may be intercepted, and never holds anything up.
pub(crate) const UNHEARD: HookPolicy =
    HookPolicy { intercepted: true, policy: Policy::Open, budget: DEFAULT_BUDGET };

/// The last policies received, by hook. A handful: a scan is faster than a hash.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    hooks: Vec<(Box<str>, HookPolicy)>,
}

impl Policies {
    /// The daemon's newest word replaces all it said before.
    pub(crate) fn replace(&mut self, told: app::Policies) {
        self.hooks = told.hooks.into_iter().map(read).collect();
    }

    /// What is known of `hook`.
    pub(crate) fn of(&self, hook: &str) -> HookPolicy {
        self.hooks.iter().find(|(name, _)| **name == *hook).map_or(UNHEARD, |(_, policy)| *policy)
    }
}

fn read(told: app::HookPolicy) -> (Box<str>, HookPolicy) {
    let policy = HookPolicy {
        intercepted: told.intercepted,
        policy: Policy::from_wire(told.policy()),
        budget: match told.budget_us {
            0 => DEFAULT_BUDGET,
            us => Duration::from_micros(us),
        },
    };
    (told.hook.into(), policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::common::FailurePolicy;

    fn told(hook: &str, intercepted: bool, policy: FailurePolicy) -> app::HookPolicy {
        let policy = policy.into();
        app::HookPolicy { hook: hook.into(), intercepted, policy, budget_us: 250_000 }
    }

    #[test]
    fn a_hook_never_heard_of_is_open() {
        assert_eq!(Policies::default().of("message.before_post"), UNHEARD);
    }

    #[test]
    fn the_newest_word_replaces_all_earlier_ones() {
        let mut policies = Policies::default();
        let first = told("message.before_post", true, FailurePolicy::Closed);
        policies.replace(app::Policies { hooks: vec![first] });
        assert_eq!(policies.of("message.before_post").policy, Policy::Closed);
        assert_eq!(policies.of("message.before_post").budget, Duration::from_millis(250));
        policies.replace(app::Policies { hooks: vec![] });
        assert_eq!(policies.of("message.before_post"), UNHEARD);
    }
}
