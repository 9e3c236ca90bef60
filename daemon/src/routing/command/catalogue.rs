//! Commands as people see them: who owns which name, and the list that apps are given.
//!
//! It refuses to know who may run what now; the list says what the manifest says.

use outboard_proto::app::Catalogue;
use outboard_proto::common::{ArgumentInfo, CommandInfo, SubcommandInfo};

use super::help::{self, Wanted};
use super::{kind_of, outage};
use crate::config::manifest::{
    ArgDecl, ArgKind, Audience, CommandDecl, Completion, Extent, Form, Presence, SubcommandDecl,
    Venue,
};
use crate::routing::member::Standing;
use crate::routing::{Core, MemberId};

impl Core {
    /// Who owns which name; the first by name of plugin, since a second one was refused at load.
    pub fn rebuild_commands(&mut self) {
        self.commands.clear();
        let mut members: Vec<_> =
            self.members.iter().filter(|(_, member)| member.listed()).collect();
        members.sort_by(|(_, one), (_, other)| one.is.name.cmp(&other.is.name));
        for (id, member) in members {
            for name in member.is.commands.iter().flat_map(CommandDecl::names) {
                self.commands.entry(name.to_owned()).or_insert(id);
            }
        }
        self.announce_catalogue();
    }

    /// Commands as people see them, each under its own name.
    pub fn catalogue(&self) -> Catalogue {
        let info = |(name, id): (&String, &MemberId)| {
            let member = &self.members[*id];
            let decl = member.is.commands.iter().find(|it| it.name.as_str() == name)?;
            Some(describe(&member.is.name, decl, &member.standing))
        };
        let commands = self.commands.iter().filter_map(info).collect();
        Catalogue { revision: self.catalogue, commands, ..Catalogue::default() }
    }
}

fn describe(plugin: &str, decl: &CommandDecl, standing: &Standing) -> CommandInfo {
    let allow = match &decl.allow {
        Audience::Everyone => Vec::new(),
        Audience::Roles(roles) => roles.iter().map(|role| format!("role:{role}")).collect(),
    };
    let (args, subcommands, title) = match &decl.form {
        Form::Plain(args) => (args.iter().map(argument).collect(), Vec::new(), String::new()),
        Form::Split(all) => (Vec::new(), all.iter().map(subcommand).collect(), String::new()),
        Form::Menu(_, title) => (Vec::new(), Vec::new(), title.clone()),
    };
    let venue = |venue: &Venue| venue.as_str().to_owned();
    CommandInfo {
        name: decl.name.as_str().to_owned(),
        plugin: plugin.to_owned(),
        description: decl.description.clone(),
        args,
        unavailable: outage::briefly(standing),
        r#where: decl.venues.iter().map(venue).collect(),
        allow,
        aliases: decl.aliases.iter().map(|it| it.as_str().to_owned()).collect(),
        kind: kind_of(decl).into(),
        title,
        subcommands,
        help: help::text(decl, Wanted::Command),
    }
}

fn subcommand(decl: &SubcommandDecl) -> SubcommandInfo {
    SubcommandInfo {
        name: decl.name.as_str().to_owned(),
        description: decl.description.clone(),
        args: decl.args.iter().map(argument).collect(),
    }
}

fn argument(arg: &ArgDecl) -> ArgumentInfo {
    let choices = match &arg.kind {
        ArgKind::Choice(choices) => choices.clone(),
        ArgKind::String
        | ArgKind::Integer
        | ArgKind::Number
        | ArgKind::Boolean
        | ArgKind::User
        | ArgKind::Channel => Vec::new(),
    };
    ArgumentInfo {
        name: arg.name.clone(),
        r#type: arg.kind.as_str().to_owned(),
        description: arg.description.clone(),
        optional: arg.presence == Presence::Optional,
        rest: arg.extent == Extent::Rest,
        choices,
        suggestions: arg.suggestions.clone(),
        autocomplete: arg.completion == Completion::Plugin,
    }
}
