//! How often a plugin has made use of each permission, and when it last did. Plain numbers; they
//! decide nothing.

use outboard_supervision::Moment;

use crate::config::permission::Permission;

/// Of one permission.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// Since the daemon started.
    pub count: u64,
    /// The last time; nothing if there was none.
    pub last: Option<Moment>,
    /// What was refused, or not handed over, for want of it.
    pub refused: u64,
}

/// Of all permissions of one plugin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uses([Use; Permission::ALL.len()]);

impl Uses {
    /// Once more.
    pub fn note(&mut self, permission: Permission, now: Moment) {
        let it = &mut self.0[permission as usize];
        it.count += 1;
        it.last = Some(now);
    }

    /// It was missing once more.
    pub fn refuse(&mut self, permission: Permission) {
        self.0[permission as usize].refused += 1;
    }

    /// What is known of one.
    #[must_use]
    pub fn of(&self, permission: Permission) -> Use {
        self.0[permission as usize]
    }
}
