//! Random small policies as YAML, and small edits of them.

use std::fmt::Write;

use super::HEAD;

/// A source of choices that a seed decides.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    fn some(&mut self, of: &[&str]) -> Vec<String> {
        let chosen: Vec<String> = of.iter().filter(|_| self.chance(50)).map(|name| (*name).to_owned()).collect();
        if chosen.is_empty() { vec![self.pick(of).to_owned()] } else { chosen }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Policy {
    ceiling: Option<u64>,
    teams: Vec<Team>,
    models: Vec<Model>,
    subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug)]
struct Team {
    name: &'static str,
    parent: bool,
    groups: Vec<String>,
    ceiling: Option<u64>,
}

#[derive(Clone, Debug)]
struct Model {
    name: &'static str,
    endpoints: Vec<String>,
    provider: &'static str,
    cap: Option<u64>,
    retires: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Subscription {
    name: &'static str,
    teams: Vec<String>,
    users: Vec<String>,
    models: Vec<String>,
    endpoints: Option<Vec<String>>,
    limits: Vec<&'static str>,
    priority: i64,
    starts: Option<&'static str>,
    expires: Option<&'static str>,
}

const TEAMS: [&str; 3] = ["t0", "t1", "t2"];
const MODELS: [&str; 3] = ["m0", "m1", "m2"];
const SUBSCRIPTIONS: [&str; 3] = ["s0", "s1", "s2"];
const GROUPS: [&str; 3] = ["corp:g0", "corp:g1", "corp:g2"];
const LIMITS: [&str; 7] = [
    "{tokens: 100k, per: 1h, scope: team}",
    "{tokens: 200k, per: 1h, scope: team}",
    "{tokens: 1M, per: day, scope: team, over: subscription}",
    "{tokens: 2M, per: day, scope: team, over: subscription}",
    "{requests: 60, per: 1m, scope: user}",
    "{requests: 30, per: 1m, scope: user}",
    "{cost: 100, per: month, scope: team, over: subscription}",
];
const DATES: [&str; 3] = ["2026-01-01", "2026-07-01", "2027-01-01"];

impl Policy {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let teams = TEAMS.into_iter().filter(|_| dice.clone().below(10) > 0).collect::<Vec<_>>();
        let mut policy = Self {
            ceiling: dice.chance(30).then(|| 1_000 + dice.next() % 3),
            teams: Vec::new(),
            models: Vec::new(),
            subscriptions: Vec::new(),
        };
        for name in teams {
            policy.teams.push(Team::random(name, dice));
        }
        for name in MODELS {
            if dice.chance(90) {
                policy.models.push(Model::random(name, dice));
            }
        }
        for name in SUBSCRIPTIONS {
            if dice.chance(80) {
                policy.subscriptions.push(Subscription::random(name, dice));
            }
        }
        policy
    }

    /// Changes one to three things.
    pub(super) fn edited(&self, dice: &mut Dice) -> Self {
        let mut policy = self.clone();
        for _ in 0..=dice.below(3) {
            match dice.below(6) {
                0 => policy.ceiling = dice.chance(50).then(|| 1_000 + dice.next() % 3),
                1 => edit(&mut policy.teams, dice, |team, dice| *team = Team::random(team.name, dice)),
                2 => edit(&mut policy.models, dice, |model, dice| *model = Model::random(model.name, dice)),
                3 => edit(&mut policy.subscriptions, dice, |one, dice| *one = Subscription::random(one.name, dice)),
                4 => edit(&mut policy.subscriptions, dice, |one, dice| one.limits = limits(dice)),
                _ => edit(&mut policy.subscriptions, dice, |one, dice| one.expires = date(dice)),
            }
        }
        policy
    }

    pub(super) fn yaml(&self) -> String {
        let mut out = HEAD.to_owned();
        if let Some(ceiling) = self.ceiling {
            writeln!(out, "  limits: [{{cost: {ceiling}, per: month, scope: organization}}]").unwrap();
        }
        for (name, region) in [("p0", "eu"), ("p1", "us")] {
            document(&mut out, "Provider", name, &format!("{{type: simulator, region: {region}}}"));
        }
        let known = |names: &[String], has: &dyn Fn(&str) -> bool| -> Vec<String> {
            names.iter().filter(|name| has(name)).cloned().collect()
        };
        for team in &self.teams {
            let mut spec = format!("members: {{groups: [{}]}}, costCentre: c", team.groups.join(", "));
            if team.parent && team.name != "t0" && self.teams.iter().any(|team| team.name == "t0") {
                spec.push_str(", parent: t0");
            }
            if let Some(ceiling) = team.ceiling {
                write!(spec, ", limits: [{{cost: {ceiling}, per: month, scope: team}}]").unwrap();
            }
            document(&mut out, "Team", team.name, &format!("{{{spec}}}"));
        }
        for model in &self.models {
            let mut spec = format!(
                "endpoints: [{}], price: {{input: 1, cachedInput: 1, output: 2}}, upstreams: [{{provider: {}, model: x}}]",
                model.endpoints.join(", "),
                model.provider
            );
            if let Some(cap) = model.cap {
                write!(spec, ", maxOutputTokens: {cap}").unwrap();
            }
            let retires = model.retires.map_or_else(String::new, |date| format!(", retiresAt: {date}"));
            write!(spec, ", lifecycle: {{stage: approved{retires}}}").unwrap();
            document(&mut out, "Model", model.name, &format!("{{{spec}}}"));
        }
        for subscription in &self.subscriptions {
            let teams = known(&subscription.teams, &|name| self.teams.iter().any(|team| team.name == name));
            let models = known(&subscription.models, &|name| self.models.iter().any(|model| model.name == name));
            if models.is_empty() || (teams.is_empty() && subscription.users.is_empty()) {
                continue;
            }
            let mut spec = format!(
                "models: [{}], priority: {}, limits: [{}]",
                models.join(", "),
                subscription.priority,
                subscription.limits.join(", ")
            );
            for (field, names) in [("teams", &teams), ("users", &subscription.users)] {
                if !names.is_empty() {
                    write!(spec, ", {field}: [{}]", names.join(", ")).unwrap();
                }
            }
            if let Some(endpoints) = &subscription.endpoints {
                write!(spec, ", endpoints: [{}]", endpoints.join(", ")).unwrap();
            }
            for (field, date) in [("startsAt", subscription.starts), ("expiresAt", subscription.expires)] {
                if let Some(date) = date {
                    write!(spec, ", {field}: {date}").unwrap();
                }
            }
            document(&mut out, "Subscription", subscription.name, &format!("{{{spec}}}"));
        }
        out
    }
}

fn edit<T>(things: &mut [T], dice: &mut Dice, change: impl Fn(&mut T, &mut Dice)) {
    if !things.is_empty() {
        let place = dice.below(things.len());
        change(&mut things[place], dice);
    }
}

pub(super) fn document(out: &mut String, kind: &str, name: &str, spec: &str) {
    write!(out, "---\napiVersion: maasc.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
        .unwrap();
}

fn date(dice: &mut Dice) -> Option<&'static str> {
    dice.chance(40).then(|| dice.pick(&DATES))
}

fn limits(dice: &mut Dice) -> Vec<&'static str> {
    let mut limits = vec![dice.pick(&LIMITS[..2])];
    limits.extend([2, 4].into_iter().filter(|_| dice.clone().below(2) == 0).map(|at| LIMITS[at]));
    if dice.chance(30) {
        limits.push(LIMITS[6]);
    }
    if dice.chance(30) {
        limits.retain(|limit| *limit != LIMITS[2]);
        limits.push(LIMITS[3]);
    }
    limits
}

impl Team {
    fn random(name: &'static str, dice: &mut Dice) -> Self {
        Self {
            name,
            parent: dice.chance(40),
            groups: dice.some(&GROUPS),
            ceiling: dice.chance(40).then(|| 10 + dice.next() % 3),
        }
    }
}

impl Model {
    fn random(name: &'static str, dice: &mut Dice) -> Self {
        Self {
            name,
            endpoints: dice.some(&["chat", "embeddings"]),
            provider: if dice.chance(70) { "p0" } else { "p1" },
            cap: dice.chance(40).then(|| 1_000 + dice.next() % 2),
            retires: if dice.chance(15) { date(dice) } else { None },
        }
    }
}

impl Subscription {
    fn random(name: &'static str, dice: &mut Dice) -> Self {
        Self {
            name,
            teams: dice.some(&TEAMS),
            users: if dice.chance(25) { vec!["corp:ann@x.example".to_owned()] } else { Vec::new() },
            models: dice.some(&MODELS),
            endpoints: dice.chance(30).then(|| dice.some(&["chat", "embeddings"])),
            limits: limits(dice),
            priority: i64::try_from(dice.below(3)).unwrap(),
            starts: date(dice),
            expires: date(dice),
        }
    }
}
