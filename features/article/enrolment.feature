Feature: The authentication screen and its QR code
  A mailed link shows a QR code once, for 24 hours; scanning it pairs the user's credentials with an authenticator.

  @REQ-ENR-001 @needs-outbox
  Rule: The mailed link opens the authentication screen with a QR code that a scanner can read

    Scenario: The link is opened
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then a QR code is shown to Ada

    @needs-clock
    Scenario Outline: The link is opened an hour later, at an edge of the calendar
      Given it is <time> on <day>
      And Ada has been mailed an enrolment link
      When 1 h pass
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada

      Examples: ends of a month and of a year, and a day that most years lack
        | time  | day                           |
        | 12:00 | the last day of a month       |
        | 23:30 | the last day of December      |
        | 12:00 | 29 February of a leap year    |

  @REQ-ENR-002 @needs-enable @needs-outbox
  Rule: The link, once it has shown its QR code, never shows one again

    Background:
      Given Ada has opened the enrolment link

    Scenario: The link is opened a second time
      When Ada opens the same enrolment link
      Then no QR code is shown

    Scenario: The link is opened a third time
      When Ada opens the same enrolment link
      And Ada opens the same enrolment link
      Then no QR code is shown

    Scenario: The link is opened again after a login with a code
      When Ada scans the QR code
      And Ada logs in to Acme with a code
      And Ada opens the same enrolment link
      Then no QR code is shown

    @needs-clock
    Scenario: The link is opened again an hour later
      Given 1 h have passed
      When Ada opens the same enrolment link
      Then no QR code is shown

    @needs-reset @needs-renew
    Scenario: The link that a reset has mailed is opened twice
      Given Ada has been mailed another enrolment link by a reset
      When Ada opens the newest enrolment link
      And Ada opens the same enrolment link
      Then no QR code is shown

    @needs-reset @needs-renew
    Scenario: OK is clicked after the link that a reset has mailed has shown the QR code
      Given Ada has been mailed another enrolment link by a reset
      When Ada opens the newest enrolment link
      And Ada confirms the new password
      Then no QR code is shown

  @REQ-ENR-003
  Rule: Any authenticator app can pair from it

    @needs-outbox
    Scenario: A common app scans it
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then a QR code is shown to Ada
      And the QR code of Ada asks for nothing that common apps ignore

    Scenario: The code that a common app makes
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-ENR-004 @needs-screen @needs-outbox
  Rule: The screen links to Google Authenticator for Android and for iOS

    Scenario: The screen that a mailed link opens
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then the screen has Google Authenticator for Android and Google Authenticator for iOS

    Scenario: The screen after a reset
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada confirms the new password
      Then the screen has Google Authenticator for Android and Google Authenticator for iOS

  @REQ-ENR-005
  Rule: Within the QR code's 24 hours the scanned app's code completes that user's login

    Scenario: Right after scanning
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-clock
    Scenario Outline: Some time after the mail
      Given Ada has paired an authenticator
      When <time> pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

      Examples: inside 24 hours
        | time        |
        | 12 h        |
        | 23 h 58 min |

    @needs-clock
    Scenario: Scanned and used near the end
      Given Ada has been mailed an enrolment link
      And 23 h 55 min have passed
      When Ada opens the newest enrolment link
      And Ada scans the QR code
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-ENR-006 @needs-screen @needs-outbox
  Rule: Continue leads to the login screen

    Scenario: Before anything was scanned
      Given Ada has opened the enrolment link
      When Ada goes to the login screen by Continue
      Then the screen has E-mail, Password and Login

    Scenario: After the QR code was scanned
      Given Ada has paired an authenticator
      When Ada goes to the login screen by Continue
      Then the screen has E-mail, Password and Login

  @REQ-ENR-007
  Rule: A code from one user's app never completes another user's login

    Scenario: The code of a user of another account
      Given Ada has paired an authenticator
      And Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Bo has paired an authenticator
      When Ada logs in to Acme with Bo's code
      Then she is refused

    Scenario: A colleague's code in the same account
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Ada logs in to Acme with Bo's code
      Then she is refused

    @needs-enable
    Scenario: The owner's code for one who has paired nothing
      Given Ada is a KMC user of Acme
      And Grace has paired an authenticator
      When Ada logs in to Acme with Grace's code
      Then she is refused

    Scenario: A colleague's code for one whose e-mail begins alike
      Given the e-mail of Bo is that of Ada at another address
      And Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Ada logs in to Acme with Bo's code
      Then she is refused

    Scenario: A colleague's code that has just let the colleague in
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      And Bo has logged in to Acme
      When Ada logs in to Acme with Bo's code
      Then she is refused

  @REQ-ENR-008
  Rule: One app entry serves every account of that e-mail

    Scenario Outline: Two accounts have it on
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      When Ada logs in <where> with a code
      Then she is accepted

      Examples: either account
        | where     |
        | to Acme   |
        | to Globex |

  @REQ-ENR-009 @needs-clock @needs-outbox
  Rule: The QR code expires after 24 hours: a link opened later shows none

    Background:
      Given Ada has been mailed an enrolment link

    Scenario Outline: The link is opened before 24 hours are over
      When <time> pass
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada

      Examples: inside
        | time        |
        | 1 h         |
        | 23 h 59 min |

    Scenario Outline: The link is opened after 24 hours
      When <time> pass
      And Ada opens the newest enrolment link
      Then no QR code is shown

      Examples: just after, and later
        | time       |
        | 24 h 1 min |
        | 48 h       |
        | 4 days     |

    @needs-reset
    Scenario: The link is opened after 24 hours and after a reset was asked for
      When 23 h pass
      And Ada asks for a reset
      And 61 min pass
      And Ada opens the first enrolment link
      Then no QR code is shown

    @needs-enable
    Scenario: A colleague is registered shortly before it expires
      Given 20 h have passed
      And Bo has been registered in Acme with a password
      When 4 h 1 min pass
      And Ada opens the newest enrolment link
      Then no QR code is shown

    @needs-enable
    Scenario: A colleague opens theirs shortly before it expires
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And 20 h have passed
      And Bo has opened the enrolment link
      When 4 h 1 min pass
      And Ada opens the newest enrolment link
      Then no QR code is shown

  @REQ-ENR-010 @needs-clock @needs-outbox
  Rule: Each QR code's time counts from its own issue

    Background:
      Given Ada has been mailed an enrolment link

    Scenario: Issued 20 hours after somebody else's
      Given 20 h have passed
      And Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      When 23 h 59 min pass
      And Bo opens the newest enrolment link
      Then a QR code is shown to Bo

    Scenario: Issued 20 hours after one's own for another account, and used 23 hours later
      Given 20 h have passed
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has been mailed 2 enrolment links
      And Ada has paired an authenticator
      When 23 h pass
      And Ada logs in to Globex with a code
      Then she is logged in to Globex

    Scenario: Issued long after somebody else's has expired
      Given 4 days have passed
      And Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      When Bo opens the newest enrolment link
      Then a QR code is shown to Bo

  @REQ-ENR-011 @needs-clock
  Rule: Expiry takes nothing from someone who has logged in with a code in time

    Scenario Outline: Logging in long after the QR code expired
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When <time> pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

      Examples: after expiry
        | time     |
        | 25 h     |
        | 30 days  |
        | 400 days |

    @needs-reset
    Scenario: A reset was asked for, and nothing came of it
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has asked for a reset
      When 30 days pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-ENR-012 @needs-clock
  Rule: A QR code never used for a login within its 24 hours is dead, shown or not

    @needs-enable
    Scenario Outline: The first login comes too late
      Given Ada has paired an authenticator
      When <time> pass
      And Ada logs in to Acme with a code
      Then she is refused

      Examples: after 24 hours
        | time       |
        | 24 h 1 min |
        | 25 h       |
        | 30 days    |

    @needs-enable @needs-reset
    Scenario: The first login with the QR code of a reset comes too late
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      When 25 h pass
      And Ada logs in to Acme with a code
      Then she is refused

    @needs-enable @needs-reset @needs-renew
    Scenario: Shown 20 hours after the mail of a reset, and first used after 25
      Given Ada has paired an authenticator
      And Ada has been mailed another enrolment link by a reset
      And 20 h have passed
      When Ada opens the newest enrolment link
      And Ada scans the QR code
      And 5 h pass
      And Ada logs in to Acme with a code
      Then she is refused

    @needs-settings
    Scenario: The pairing in the settings is completed too late
      Given Ada has scanned a QR code in the settings
      When 24 h 1 min pass
      And Ada completes the pairing with a code
      Then she is refused

    @needs-settings
    Scenario: The pairing in the settings is completed too late, after another login
      Given Ada has scanned a QR code in the settings
      And 24 h 1 min have passed
      And Ada has logged in to Acme
      When Ada completes the pairing with a code
      Then she is refused

  @REQ-ENR-013 @needs-enable @needs-outbox
  Rule: A link refused shows no QR code, tells the person so, and changes nothing

    Scenario Outline: A link that is no good
      Given Ada has opened the enrolment link
      And Ada has reset the password
      When Ada opens <link>
      Then no QR code is shown
      And she is refused
      And she is told so

      Examples: replaced and made up
        | link                     |
        | the first enrolment link |
        | a made-up enrolment link |

    Scenario: A link that was replaced before it was opened
      Given Ada has been mailed an enrolment link
      And Ada has reset the password
      When Ada opens the first enrolment link
      Then she is refused
      And she is told so

    Scenario: A link that was used
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada opens the first enrolment link
      Then she is refused
      And she is told so
      And Ada is mailed no enrolment link

    @needs-clock
    Scenario: A link 30 days old
      Given Ada has been mailed an enrolment link
      When 30 days pass
      And Ada opens the newest enrolment link
      Then no QR code is shown
      And she is refused
      And she is told so
      And Ada is mailed no enrolment link

    Scenario Outline: The pairing is as before
      Given Ada has paired an authenticator
      When Ada opens <link>
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

      Examples: used and made up
        | link                     |
        | the same enrolment link  |
        | a made-up enrolment link |

    Scenario: The unopened link is as before
      Given Ada has been mailed an enrolment link
      When Ada opens a made-up enrolment link
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada

  @REQ-ENR-014 @needs-outbox
  Rule: Of two people's links each shows only its owner's QR code

    Scenario Outline: Both have opened theirs
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      And two-factor authentication is on for Acme
      And Bo has paired an authenticator
      And Ada has paired an authenticator
      When <who> logs in to Acme with a code
      Then <who> is logged in to Acme

      Examples: each
        | who |
        | Ada |
        | Bo  |

  @REQ-ENR-015
  Rule: While it is shown, a second app of the same user may scan it too

    Scenario Outline: Two apps scan one QR code
      Given Ada has opened the enrolment link
      When Ada scans the QR code
      And Ada scans the QR code
      And Ada logs in to Acme with <code>
      Then she is logged in to Acme

      Examples: either app
        | code                    |
        | a code                  |
        | a code of the first app |

  @REQ-ENR-016 @needs-settings
  Rule: A new QR code in the settings makes the one before useless

    Scenario: The pairing is completed with the QR code before
      Given Ada has scanned a QR code in the settings
      When Ada starts to pair in the settings
      And Ada scans the QR code
      And Ada completes the pairing with a code of the earlier QR code
      Then she is refused

    Scenario: The app that has the QR code before, after the pairing is complete
      Given Ada has scanned a QR code in the settings
      When Ada starts to pair in the settings
      And Ada scans the QR code
      And Ada completes the pairing with a code
      And Ada logs in to Acme with a code of the earlier QR code
      Then she is refused
