//! The parts of `policy.json` about seats and draw.

use selection::policy::{
    self as rules, ApportionLevels, ApportionMethod, ApportionRule, PoolOrder, SmallCellMode,
};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::U64Text;

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    den: u32,
    num: u32,
}

impl From<Share> for rules::Share {
    fn from(share: Share) -> Self {
        Self { num: share.num, den: share.den }
    }
}

impl From<rules::Share> for Share {
    fn from(share: rules::Share) -> Self {
        Self { den: share.den, num: share.num }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Carryover {
    SameRegion,
    Pooled,
}

impl From<Carryover> for rules::Carryover {
    fn from(carryover: Carryover) -> Self {
        match carryover {
            Carryover::SameRegion => Self::SameRegion,
            Carryover::Pooled => Self::Pooled,
        }
    }
}

impl From<rules::Carryover> for Carryover {
    fn from(carryover: rules::Carryover) -> Self {
        match carryover {
            rules::Carryover::SameRegion => Self::SameRegion,
            rules::Carryover::Pooled => Self::Pooled,
        }
    }
}

/// 1 or 2 levels of regions.
#[derive(Clone, Copy, Debug)]
struct Levels(ApportionLevels);

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self.0 {
            ApportionLevels::One => 1,
            ApportionLevels::Two => 2,
        })
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self(ApportionLevels::One)),
            2 => Ok(Self(ApportionLevels::Two)),
            other => Err(D::Error::invalid_value(Unexpected::Unsigned(other), &"1 or 2 levels")),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    SainteLague,
    LargestRemainder,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Apportionment {
    levels: Levels,
    method: Method,
}

impl From<Apportionment> for ApportionRule {
    fn from(rule: Apportionment) -> Self {
        let method = match rule.method {
            Method::SainteLague => ApportionMethod::SainteLague,
            Method::LargestRemainder => ApportionMethod::LargestRemainder,
        };
        Self { method, levels: rule.levels.0 }
    }
}

impl From<ApportionRule> for Apportionment {
    fn from(rule: ApportionRule) -> Self {
        let method = match rule.method {
            ApportionMethod::SainteLague => Method::SainteLague,
            ApportionMethod::LargestRemainder => Method::LargestRemainder,
        };
        Self { levels: Levels(rule.levels), method }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Region {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cap: Option<u32>,
    code: u16,
    floor: u32,
    province: u16,
    weight: U64Text,
}

impl From<Region> for rules::Region {
    fn from(region: Region) -> Self {
        let Region { cap, code, floor, province, weight } = region;
        Self { code, province, weight: weight.0, floor, cap }
    }
}

impl From<rules::Region> for Region {
    fn from(region: rules::Region) -> Self {
        let rules::Region { code, province, weight, floor, cap } = region;
        Self { cap, code, floor, province, weight: U64Text(weight) }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trait {
    bit: u8,
    name: String,
}

impl From<Trait> for rules::Trait {
    fn from(own: Trait) -> Self {
        Self { bit: own.bit, name: own.name }
    }
}

impl From<&rules::Trait> for Trait {
    fn from(own: &rules::Trait) -> Self {
        Self { bit: own.bit, name: own.name.clone() }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum CellMode {
    Off,
    Hide,
    Generalise,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmallCells {
    k: u32,
    mode: CellMode,
}

impl From<SmallCells> for rules::SmallCells {
    fn from(cells: SmallCells) -> Self {
        let mode = match cells.mode {
            CellMode::Off => SmallCellMode::Off,
            CellMode::Hide => SmallCellMode::Hide,
            CellMode::Generalise => SmallCellMode::Generalise,
        };
        Self { k: cells.k, mode }
    }
}

impl From<rules::SmallCells> for SmallCells {
    fn from(cells: rules::SmallCells) -> Self {
        let mode = match cells.mode {
            SmallCellMode::Off => CellMode::Off,
            SmallCellMode::Hide => CellMode::Hide,
            SmallCellMode::Generalise => CellMode::Generalise,
        };
        Self { k: cells.k, mode }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guarantee {
    den: u32,
    num: u32,
    #[serde(rename = "trait")]
    trait_bit: u8,
}

impl From<Guarantee> for rules::Guarantee {
    fn from(own: Guarantee) -> Self {
        Self { trait_bit: own.trait_bit, share: rules::Share { num: own.num, den: own.den } }
    }
}

impl From<rules::Guarantee> for Guarantee {
    fn from(own: rules::Guarantee) -> Self {
        Self { den: own.share.den, num: own.share.num, trait_bit: own.trait_bit }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    GuaranteesFirst,
    OpenFirst,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    guarantees: Vec<Guarantee>,
    name: String,
    need: u16,
    order: Order,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<Share>,
}

impl From<Pool> for rules::Pool {
    fn from(pool: Pool) -> Self {
        let order = match pool.order {
            Order::GuaranteesFirst => PoolOrder::GuaranteesFirst,
            Order::OpenFirst => PoolOrder::OpenFirst,
        };
        Self {
            name: pool.name,
            need: pool.need,
            order,
            share: pool.share.map(Into::into),
            guarantees: pool.guarantees.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&rules::Pool> for Pool {
    fn from(pool: &rules::Pool) -> Self {
        let order = match pool.order {
            PoolOrder::GuaranteesFirst => Order::GuaranteesFirst,
            PoolOrder::OpenFirst => Order::OpenFirst,
        };
        Self {
            guarantees: pool.guarantees.iter().copied().map(Into::into).collect(),
            name: pool.name.clone(),
            need: pool.need,
            order,
            share: pool.share.map(Into::into),
        }
    }
}
