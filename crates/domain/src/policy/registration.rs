//! How a person registers: channels, checks of identity, one-time codes, the test.

use std::collections::BTreeSet;

use super::check::Checker;
use super::named::named_enum;

named_enum! {
    /// Where a person can register.
    RegistrationChannel {
        /// By oneself on the site.
        Online = "online",
        /// On the site with the help of a local officer.
        Assisted = "assisted",
        /// Through a designated ministry.
        Ministry = "ministry",
        /// Through the local manpower office.
        ManpowerOffice = "manpower_office",
    }
}

named_enum! {
    /// A proof of identity asked at registration.
    IdentityCheck {
        /// NIK, KK and birth date agree in the civil registry.
        NikKkBirthDate = "nik_kk_birth_date",
        /// A photo of the original e-KTP.
        KtpPhoto = "ktp_photo",
        /// A live face scan with a blink.
        FaceWithBlink = "face_with_blink",
        /// A photo of oneself holding the KTP.
        SelfieWithKtp = "selfie_with_ktp",
    }
}

named_enum! {
    /// The test inside registration.
    TestKind {
        /// Tes kemampuan dasar (TKD): verbal and quantitative reasoning.
        BasicAbility = "basic_ability",
        /// Tes motivasi dan kemampuan dasar.
        MotivationAndAbility = "motivation_and_ability",
    }
}

/// Limits of a one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtpLimits {
    /// Codes that may be asked again, or wrong codes allowed, before the lock.
    pub tries_max: u8,
    /// Hours the lock lasts.
    pub lock_hours: u8,
}

/// Rules of registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRules {
    /// Channels open, at least one.
    pub channels: BTreeSet<RegistrationChannel>,
    /// Proofs asked, at least one.
    pub id_check: BTreeSet<IdentityCheck>,
    /// Largest photo of a KTP in megabytes.
    pub ktp_photo_max_mb: u8,
    /// Digits of the code sent at login.
    pub login_otp_digits: u8,
    /// Codes that may be sent again at login, and the lock after them.
    pub login_otp_resend: OtpLimits,
    /// Wrong codes allowed when a payout account is linked, and the lock after them.
    pub payout_otp_wrong: OtpLimits,
}

/// The test that every person finishes before joining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRules {
    /// Which test.
    pub kind: TestKind,
    /// Time allowed; `None` if not fixed.
    pub minutes: Option<u16>,
    /// Number of questions; `None` if not fixed.
    pub questions: Option<u16>,
    /// Whether the score touches the selection; otherwise finishing it is enough.
    pub affects_selection: bool,
}

impl RegistrationRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.not_empty("registration.channels", &self.channels);
        check.not_empty("registration.id_check", &self.id_check);
        check.range("registration.ktp_photo_max_mb", self.ktp_photo_max_mb, 1, 20);
        check.range("registration.login_otp_digits", self.login_otp_digits, 4, 8);
        let (login, payout) = (self.login_otp_resend, self.payout_otp_wrong);
        check.range("registration.login_otp_resend_max", login.tries_max, 1, 20);
        check.range("registration.login_otp_lock_hours", login.lock_hours, 1, 72);
        check.range("registration.payout_otp_wrong_max", payout.tries_max, 1, 20);
        check.range("registration.payout_otp_lock_hours", payout.lock_hours, 1, 72);
    }
}

impl TestRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.range_if("test.minutes", self.minutes, 1, 480);
        check.range_if("test.questions", self.questions, 1, 500);
    }
}
