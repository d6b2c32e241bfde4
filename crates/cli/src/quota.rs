//! `wave quota`: what a freeze of a closed wave would publish, for the officers who are to agree on it.

use app::freeze::{
    Frozen, GuaranteeRow, NationalRow, PoolRow, QuotaRow, QuotaRows, preview_quotas,
};
use clap::Args;
use domain::officers::Role;
use domain::policy::Named;
use domain::wave::WaveNumber;
use serde_json::{Value, json};

use crate::desk::{OfficeArgs, as_officer};
use crate::interrupt::Stop;

/// Arguments of `wave quota`.
#[derive(Debug, Args)]
pub(crate) struct QuotaArgs {
    /// Number of the wave.
    #[arg(value_parser = crate::wave::parse_wave)]
    wave: WaveNumber,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs `wave quota`; both who proposes a freeze and who approves it may look.
pub(crate) async fn run(args: QuotaArgs, stop: &Stop) -> anyhow::Result<()> {
    let policies = args.office.reference.load_ahead()?.policies;
    as_officer(&args.office, &policies, stop, async |scene| {
        if !scene.officer.roles.contains(&Role::Approver) {
            scene.officer.require(Role::Operator)?;
        }
        let (frozen, table) = preview_quotas(&scene.desk.act(), args.wave).await?;
        Ok(if args.json { quotas_json(&frozen, &table) } else { quotas_text(&frozen, &table) })
    })
    .await
}

fn quotas_text(frozen: &Frozen, table: &QuotaRows) -> String {
    let mut lines = vec![format!(
        "{} in the draw, {} ineligible, {} seats, of them {} freed earlier and {} that nobody can take. Nothing is \
         fixed yet.",
        frozen.entries, frozen.ineligible, frozen.seats, frozen.reused, frozen.unfilled
    )];
    for own in &table.national {
        let (name, NationalRow { asked, placed, .. }) = (class(table, own.bit), own);
        lines.push(format!(
            "All regions together guarantee {placed} seats to {name}, of {asked} asked."
        ));
    }
    lines.push(format!(
        "{:<6}  {:>8}  {:>8}  {:>8}  {:<20}  {:>8}  {}",
        "region", "in play", "seats", "unfilled", "pool", "seats", "guaranteed"
    ));
    for quota in &table.regions {
        for (place, pool) in quota.pools.iter().enumerate() {
            let own = if place == 0 { region_cells(quota) } else { [const { String::new() }; 4] };
            let [region, people, seats, unfilled] = own;
            let guaranteed: Vec<String> =
                pool.guarantees.iter().map(|own| guarantee_text(table, own)).collect();
            let line = format!(
                "{region:<6}  {people:>8}  {seats:>8}  {unfilled:>8}  {:<20}  {:>8}  {}",
                pool.name,
                pool.seats,
                guaranteed.join(", ")
            );
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.join("\n")
}

fn region_cells(quota: &QuotaRow) -> [String; 4] {
    let people = quota.in_play.map_or_else(String::new, |people| people.to_string());
    [quota.region.to_string(), people, quota.seats.to_string(), quota.unfilled.to_string()]
}

fn guarantee_text(table: &QuotaRows, own: &GuaranteeRow) -> String {
    let (name, GuaranteeRow { seats, asked, .. }) = (class(table, own.bit), own);
    match own.lowered {
        None => format!("{name} {seats}"),
        Some(why) => format!("{name} {seats} of {asked} (too few {})", why.name()),
    }
}

fn class(table: &QuotaRows, bit: u8) -> &'static str {
    table.classes.get(usize::from(bit)).map_or("", |class| class.name())
}

fn quotas_json(frozen: &Frozen, table: &QuotaRows) -> String {
    let guarantee = |own: &GuaranteeRow| {
        json!({
            "class": class(table, own.bit),
            "asked": own.asked,
            "seats": own.seats,
            "lowered": own.lowered.map(Named::name),
        })
    };
    let pool = |pool: &PoolRow| {
        let guarantees: Vec<Value> = pool.guarantees.iter().map(guarantee).collect();
        json!({ "name": pool.name, "seats": pool.seats, "guarantees": guarantees })
    };
    let region = |quota: &QuotaRow| {
        json!({
            "region": quota.region.to_string(),
            "in_play": quota.in_play,
            "seats": quota.seats,
            "unfilled": quota.unfilled,
            "pools": quota.pools.iter().map(pool).collect::<Vec<_>>(),
        })
    };
    let national = |own: &NationalRow| json!({ "class": class(table, own.bit), "asked": own.asked, "placed": own.placed });
    json!({
        "entries": frozen.entries,
        "ineligible": frozen.ineligible,
        "seats": frozen.seats,
        "reused": frozen.reused,
        "unfilled": frozen.unfilled,
        "national": table.national.iter().map(national).collect::<Vec<_>>(),
        "regions": table.regions.iter().map(region).collect::<Vec<_>>(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use domain::policy::ReservedGroup;
    use domain::region::RegionCode;
    use domain::seats::Lowered;

    use super::*;

    fn table() -> (Frozen, QuotaRows) {
        let guarantee = |bit, asked, seats, lowered| GuaranteeRow { bit, asked, seats, lowered };
        let pool = |name: &str, seats, guarantees: &[GuaranteeRow]| PoolRow {
            name: name.to_owned(),
            seats,
            guarantees: guarantees.to_vec(),
        };
        let quota = QuotaRow {
            region: RegionCode::new(1501).expect("a code"),
            seats: 9,
            unfilled: 1,
            in_play: Some(8),
            pools: vec![
                pool("poor", 2, &[]),
                pool(
                    "open",
                    6,
                    &[guarantee(0, 2, 1, Some(Lowered::People)), guarantee(1, 3, 3, None)],
                ),
            ],
        };
        let frozen = Frozen { entries: 10, ineligible: 2, seats: 9, reused: 0, unfilled: 1 };
        let rows = QuotaRows {
            classes: vec![ReservedGroup::Disabled, ReservedGroup::Women],
            regions: vec![quota],
            national: vec![NationalRow { bit: 1, asked: 4, placed: 3 }],
        };
        (frozen, rows)
    }

    /// Every number of the table is said, once for people and once for programs.
    #[test]
    fn a_table() {
        let (frozen, table) = table();
        assert_eq!(
            quotas_text(&frozen, &table),
            "10 in the draw, 2 ineligible, 9 seats, of them 0 freed earlier and 1 that nobody can take. Nothing is \
             fixed yet.\n\
             All regions together guarantee 3 seats to women, of 4 asked.\n\
             region   in play     seats  unfilled  pool                     seats  guaranteed\n\
             15.01          8         9         1  poor                         2\n                                      \
             open                         6  disabled 1 of 2 (too few people), women 3"
        );
        let said: Value = serde_json::from_str(&quotas_json(&frozen, &table)).expect("JSON");
        let open = &said["regions"][0]["pools"][1];
        assert_eq!((open["name"].as_str(), open["seats"].as_u64()), (Some("open"), Some(6)));
        let lowered = json!({ "class": "disabled", "asked": 2, "seats": 1, "lowered": "people" });
        assert_eq!(open["guarantees"][0], lowered);
        assert_eq!(said["national"][0], json!({ "class": "women", "asked": 4, "placed": 3 }));
    }
}
