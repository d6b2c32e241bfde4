//! A wave of one line: what two officers say over a network, where nobody brings documents. Policies and regions
//! are those of whoever does the act.

use std::collections::BTreeMap;

use domain::calendar::{Calendar, CalendarWave};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use serde_json::Value;
use storage::database::Database;

use crate::act::{Act, ActError, subject};
use crate::import::parse_instant;
use crate::proposals::Request;
use crate::publish::{Publication, publish_wave, require_place};
use crate::reference::{Policies, RegencyWeights, RegionData};

/// A wave to be published, with its own seats and the province whose regencies share them by their residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveLine {
    /// Number, kind and instants.
    pub wave: CalendarWave,
    /// Own seats.
    pub seats: u32,
    /// The province.
    pub province: RegionCode,
}

/// A line with what a publication borrows of it.
struct Documents<'a> {
    regions: &'a RegionData,
    policies: &'a Policies,
    calendar: Calendar,
    base_seats: BTreeMap<WaveNumber, u32>,
    weights: RegencyWeights,
    province: RegionCode,
}

impl Documents<'_> {
    fn publication(&self) -> Publication<'_> {
        Publication {
            regions: self.regions,
            policies: self.policies,
            calendar: &self.calendar,
            base_seats: &self.base_seats,
            weights: &self.weights.weights,
            weights_source: self.weights.basis.label(),
            province: Some(self.province),
            public: None,
        }
    }
}

impl WaveLine {
    /// The request to two officers: the line, and the digests of the policy and the regions that go with it here.
    ///
    /// # Errors
    /// [`ActError`] if the instants do not fit each other, or there is no such province or policy.
    pub fn request(&self, regions: &RegionData, policies: &Policies) -> Result<Request, ActError> {
        let number = self.wave.number;
        let parameters = self.documents(regions, policies)?.publication().terms(number)?;
        Ok(Request { act: TwoPersonAct::PublishCalendar, subject: subject(number), parameters })
    }

    /// Refuses what could not be published now.
    ///
    /// # Errors
    /// As [`require_place`].
    pub async fn require_place(
        &self,
        database: &Database,
        (regions, policies): (&RegionData, &Policies),
    ) -> Result<(), ActError> {
        let documents = self.documents(regions, policies)?;
        require_place(database, &documents.publication(), self.wave.number).await
    }

    /// Publishes the wave. Two-person act.
    ///
    /// # Errors
    /// [`ActError`]; nothing changes then.
    pub async fn publish(
        &self,
        act: &mut Act<'_>,
        regions: &RegionData,
        approval: &Approval,
    ) -> Result<(), ActError> {
        let documents = self.documents(regions, act.policies)?;
        publish_wave(act, &documents.publication(), self.wave.number, approval).await
    }

    fn documents<'a>(
        &self,
        regions: &'a RegionData,
        policies: &'a Policies,
    ) -> Result<Documents<'a>, ActError> {
        // A calendar of one wave has faults of that wave alone; the first one says enough.
        let calendar = Calendar::new(vec![self.wave]).map_err(|faults| {
            faults
                .first()
                .map_or(ActError::NotInCalendar(self.wave.number), |fault| (*fault).into())
        })?;
        let weights = Some(self.province).filter(|province| province.is_province());
        let weights = weights.and_then(|province| regions.regency_weights(province));
        let weights = weights.ok_or(ActError::UnknownProvince(self.province))?;
        let base_seats = [(self.wave.number, self.seats)].into();
        let province = self.province;
        Ok(Documents { regions, policies, calendar, base_seats, weights, province })
    }

    /// Reads what a proposal to publish a wave says; `None` if documents were brought for it, since these are not
    /// in it.
    pub fn from_terms(number: WaveNumber, terms: &Value) -> Option<Self> {
        let text = |name: &str| terms.get(name)?.as_str();
        let instant = |name: &str| -> Option<Timestamp> { parse_instant(text(name)?) };
        let wave = CalendarWave {
            number,
            kind: WaveKind::from_name(text("kind")?)?,
            opens_at: instant("opens_at")?,
            closes_at: instant("closes_at")?,
            results_at: instant("results_at")?,
            moved_s: 0,
        };
        let seats = u32::try_from(terms.get("base_seats")?.as_u64()?).ok()?;
        let province = RegionCode::parse(text("province")?).ok()?;
        Some(Self { wave, seats, province })
    }

    /// The line as bytes, the same for the same line alone.
    pub(crate) fn bytes(&self) -> String {
        let CalendarWave { number, kind, opens_at, closes_at, results_at, .. } = self.wave;
        let (kind, seats, province) = (kind.name(), self.seats, self.province);
        format!("{number} {kind} {opens_at} {closes_at} {results_at} {seats} {province}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    fn line() -> WaveLine {
        let at = |text| parse_instant(text).unwrap();
        let wave = CalendarWave {
            number: WaveNumber::new(71).unwrap(),
            kind: WaveKind::Regular,
            opens_at: at("2026-12-01T08:00:00.000001+07:00"),
            closes_at: at("2026-12-04T23:59:00+07:00"),
            results_at: at("2026-12-08T12:00:00+07:00"),
            moved_s: 0,
        };
        WaveLine { wave, seats: 4000, province: RegionCode::new(15).unwrap() }
    }

    /// Goal: a line reads back from the terms that two officers see, to the microsecond; a publication with weights
    /// of a file does not. Method: the terms with the built-in documents, then without the province.
    #[test]
    fn terms() {
        let Reference { regions, policies, .. } = Reference::builtin().unwrap();
        let request = line().request(&regions, &policies).unwrap();
        let number = line().wave.number;
        assert_eq!(WaveLine::from_terms(number, &request.parameters), Some(line()));
        let mut brought = request.parameters;
        brought["province"] = Value::Null;
        assert_eq!(WaveLine::from_terms(number, &brought), None);
    }

    /// Goal: faults of a line are told. Method: one line for each.
    #[test]
    fn faults() {
        let Reference { regions, policies, .. } = Reference::builtin().unwrap();
        let refused = |line: WaveLine| line.request(&regions, &policies).unwrap_err().code();
        let mut late = line();
        late.wave.closes_at = late.wave.results_at;
        let nowhere = |code| WaveLine { province: RegionCode::new(code).unwrap(), ..line() };
        assert_eq!(refused(late), "calendar");
        assert_eq!(refused(nowhere(99)), "unknown_province");
        assert_eq!(refused(nowhere(1571)), "unknown_province");
        let mut far = line();
        far.wave.number = WaveNumber::new(9999).unwrap();
        assert_eq!(refused(far), "no_policy");
    }
}
