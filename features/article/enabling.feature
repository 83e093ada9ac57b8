Feature: Enabling two-factor authentication
  The vendor switches it on for an account; everybody in that account is mailed a link to a QR code.

  @REQ-ENA-001
  Rule: It is switched on for one account, and other accounts stay as they were

    Scenario: A user logs in to the account that has it on
      Given Ada is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with no code
      Then she is refused

    Scenario: A user of two accounts logs in to the other one
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Globex with no code
      Then she is logged in to Globex

    Scenario: A user of another account logs in there
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Globex
      When the vendor switches two-factor authentication on for Acme
      And Bo logs in to Globex with no code
      Then he is logged in to Globex

    Scenario Outline: A user of another account that has it on
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Bo has paired an authenticator
      And Bo has logged in to Globex
      And two-factor authentication is <before> for Acme
      When the vendor switches two-factor authentication <after> for Acme
      And Bo logs in to Globex with <code>
      Then he is <result>

      Examples: switched on and off, without and with a code
        | before | after | code    | result           |
        | off    | on    | no code | asked for a code |
        | off    | on    | a code  | accepted         |
        | on     | off   | no code | asked for a code |
        | on     | off   | a code  | accepted         |

    Scenario: A user of another account, after somebody in both has paired
      Given Ada has paired an authenticator
      And Ada is a KMC user of Globex
      And Bo is a KMC user of Globex
      When the vendor switches two-factor authentication off for Acme
      And Bo logs in to Globex with no code
      Then he is logged in to Globex

  @REQ-ENA-002 @needs-enable
  Rule: Only the vendor's representative switches it on or off

    Scenario Outline: Somebody in the account tries to switch it on
      Given <who> is a KMC user of Acme
      And <who> has logged in to Acme
      When <who> tries to switch two-factor authentication on for Acme
      Then <who> is refused

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario Outline: Somebody in the account tries to switch it off
      Given <who> is a KMC user of Acme
      And two-factor authentication is on for Acme
      And <who> has logged in to Acme
      When <who> tries to switch two-factor authentication off for Acme
      Then <who> is refused

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario: Somebody who is no administrator tries to switch it off
      Given Bo is a user of Acme who is no administrator
      And Bo has logged in to Acme
      And two-factor authentication is on for Acme
      When Bo tries to switch two-factor authentication off for Acme
      Then he is refused

    Scenario: Somebody in another account tries to switch it off
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Bo has logged in to Globex
      When Bo tries to switch two-factor authentication off for Acme
      Then he is refused

    Scenario: After a user tried to switch it on, a password still suffices
      Given Ada has logged in to Acme
      When Ada tries to switch two-factor authentication on for Acme
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: After a user tried to switch it off, a code is still asked
      Given Ada is a KMC user of Acme
      And two-factor authentication is on for Acme
      And Ada has logged in to Acme
      When Ada tries to switch two-factor authentication off for Acme
      And Ada logs in to Acme with no code
      Then she is asked for a code

  @REQ-ENA-003 @needs-enable @needs-outbox
  Rule: When it is switched on, the account owner is mailed a link to the authentication screen

    Scenario: The owner's mail
      Given Grace is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      Then Grace is mailed one enrolment link

    Scenario: The owner's link shows a QR code
      Given Grace is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      And Grace opens the newest enrolment link
      Then a QR code is shown to Grace

    Scenario: The owner has paired in another account
      Given Grace is a KMC user of Acme
      And Grace is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Grace has logged in to Globex
      When the vendor switches two-factor authentication on for Acme
      Then Grace is mailed one enrolment link

  @REQ-ENA-004 @needs-enable @needs-outbox
  Rule: When it is switched on, every registered KMC user of the account is mailed a link too

    Scenario Outline: A user's mail
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      Then <who> is mailed one enrolment link

      Examples: every user
        | who |
        | Ada |
        | Bo  |

    Scenario: Switched on for the second time
      Given Ada has been mailed an enrolment link
      And two-factor authentication is off for Acme
      When the vendor switches two-factor authentication on for Acme
      Then Ada is mailed one enrolment link

    Scenario: Somebody who has paired in another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has logged in to Globex
      When the vendor switches two-factor authentication on for Acme
      Then Ada is mailed one enrolment link

    Scenario: Somebody registered while it was off
      Given Ada has been mailed an enrolment link
      And two-factor authentication is off for Acme
      And Bo is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed one enrolment link

    @needs-administer
    Scenario: Somebody who was removed and restored
      Given Bo is a KMC user of Acme
      And Bo has been removed from Acme
      And Bo has been restored in Acme
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed one enrolment link

  @REQ-ENA-005 @needs-enable @needs-outbox
  Rule: Nobody outside the account gets a mail, and nobody gets two

    Scenario: Somebody in another account
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Globex
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed no enrolment link

    Scenario: A user of two accounts
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      When the vendor switches two-factor authentication on for Acme
      Then Ada is mailed one enrolment link

    Scenario: Somebody registered in another account
      Given Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      When Bo is registered in Globex with a password
      Then Bo is mailed no enrolment link

    Scenario: Somebody registered a second time
      Given Ada has been mailed an enrolment link
      When Ada is registered in Acme with a password
      Then Ada is mailed no enrolment link

    Scenario: Somebody else is registered
      Given Ada has been mailed an enrolment link
      When Bo is registered in Acme with a password
      Then Ada is mailed no enrolment link

    Scenario: Somebody who was removed before
      Given Bo is a KMC user of Acme
      And Bo has been removed from Acme
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed no enrolment link

    @needs-administer
    Scenario: Somebody who is blocked in another account
      Given Bo is a KMC user of Globex
      And Bo has been blocked in Globex
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed no enrolment link

  @REQ-ENA-006 @needs-enable @needs-outbox
  Rule: Each recipient's link leads to a QR code of their own

    Scenario: Two users of one account
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada opens the newest enrolment link
      And Ada scans the QR code
      And Bo opens the newest enrolment link
      And Bo scans the QR code
      Then Ada and Bo have different secrets

    Scenario: Two people whose e-mails begin alike
      Given the e-mail of Bo is that of Ada at another address
      And Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada opens the newest enrolment link
      And Ada scans the QR code
      And Bo opens the newest enrolment link
      And Bo scans the QR code
      Then Ada and Bo have different secrets

  @REQ-ENA-007 @needs-enable
  Rule: From that moment e-mail and password alone open no session in that account

    Scenario Outline: A password alone, right after switching on
      Given <who> is a KMC user of Acme
      When the vendor switches two-factor authentication on for Acme
      And <who> logs in to Acme with no code
      Then <who> is refused

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario: A password alone, of somebody who is no administrator
      Given Bo is a user of Acme who is no administrator
      When the vendor switches two-factor authentication on for Acme
      And Bo logs in to Acme with no code
      Then he is refused

    Scenario: A password alone, after pairing
      Given Ada has paired an authenticator
      When Ada logs in to Acme with no code
      Then she is refused

    @needs-reset
    Scenario: A password alone, after a reset
      Given Ada has paired an authenticator
      And Ada has reset the password
      When Ada logs in to Acme with no code
      Then she is refused

    @needs-reset
    Scenario: A password alone, before the QR code of a reset was seen
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada logs in to Acme with no code
      Then she is refused

    @needs-change @needs-memberships
    Scenario: A new password, set in another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      Then no session is open without a code

    @needs-clock
    Scenario: A password alone, 31 days later
      Given Ada has been mailed an enrolment link
      When 31 days pass
      And Ada logs in to Acme with no code
      Then she is refused

    @needs-administer
    Scenario: A password alone, of somebody removed and restored
      Given Ada has paired an authenticator
      And Ada has been removed from Acme
      And Ada has been restored in Acme
      When Ada logs in to Acme with no code
      Then she is refused

    Scenario: A password alone, of somebody registered later
      Given two-factor authentication is on for Acme
      And Bo has been registered in Acme with a password
      When Bo logs in to Acme with no code
      Then he is refused

    Scenario: A password alone, off and on again
      Given Ada has paired an authenticator
      And two-factor authentication is off for Acme
      And two-factor authentication is on for Acme
      When Ada logs in to Acme with no code
      Then she is refused

    @needs-outbox
    Scenario: The mailed link, opened
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then no session is open without a code

    @needs-outbox @needs-clock
    Scenario: The mailed link, opened too late
      Given Ada has been mailed an enrolment link
      When 25 h pass
      And Ada opens the newest enrolment link
      Then no session is open without a code

    @needs-reset
    Scenario: A new password, set through a reset link
      Given Ada has paired an authenticator
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then no session is open without a code

    @needs-renew
    Scenario: OK, after a new password
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada confirms the new password
      Then no session is open without a code

    Scenario: A wrong code
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a wrong code
      Then no session is open without a code

  @REQ-ENA-008 @needs-enable @needs-outbox
  Rule: A user registered after switching on gets a QR code without asking for a reset

    Scenario: Somebody new, registered with a password
      Given two-factor authentication is on for Acme
      When Bo is registered in Acme with a password
      Then Bo is mailed one enrolment link

    Scenario: The link of somebody new, registered with a password
      Given two-factor authentication is on for Acme
      When Bo is registered in Acme with a password
      And Bo opens the newest enrolment link
      Then a QR code is shown to Bo

    Scenario: Somebody new, registered by mail
      Given two-factor authentication is on for Acme
      When Bo is registered in Acme by mail
      And Bo sets a new password through the newest reset link
      And Bo confirms the new password
      Then Bo is shown or mailed a QR code

    Scenario Outline: Somebody whose e-mail is known from another account
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Acme
      When Bo is registered in Acme <how>
      Then Bo is mailed one enrolment link

      Examples: either way of registering
        | how             |
        | by mail         |
        | with a password |

    @needs-administer
    Scenario: Somebody who was removed before it was switched on
      Given Bo is a KMC user of Acme
      And Bo has been removed from Acme
      And two-factor authentication is on for Acme
      When Bo is registered in Acme with a password
      Then Bo is mailed one enrolment link

  @REQ-ENA-009 @needs-enable @needs-outbox
  Rule: Switching it on where it is on already sends nothing and leaves pairings as they are

    Scenario Outline: No second mail
      Given <who> has been mailed an enrolment link
      When the vendor switches two-factor authentication on for Acme
      Then <who> is mailed no enrolment link

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario: The pairing stays
      Given Ada has paired an authenticator
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The unopened link stays
      Given Ada has been mailed an enrolment link
      When the vendor switches two-factor authentication on for Acme
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada

  @REQ-ENA-010 @needs-enable
  Rule: Switched off again, e-mail and password suffice

    Scenario: Somebody who had paired
      Given Ada has paired an authenticator
      When the vendor switches two-factor authentication off for Acme
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: Somebody who had not
      Given Ada has been mailed an enrolment link
      When the vendor switches two-factor authentication off for Acme
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: Somebody who had paired and reset the password
      Given Ada has paired an authenticator
      And Ada has reset the password
      When the vendor switches two-factor authentication off for Acme
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: Off, on and off again
      Given Ada has paired an authenticator
      And two-factor authentication is off for Acme
      And two-factor authentication is on for Acme
      When the vendor switches two-factor authentication off for Acme
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

  @REQ-ENA-011 @needs-enable
  Rule: Switched on again later, authenticators paired before still work

    Scenario: Off and on again
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And two-factor authentication is off for Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: Off and on again, twice
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And two-factor authentication is off for Acme
      And two-factor authentication is on for Acme
      And two-factor authentication is off for Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-clock
    Scenario: On again a month after the last login
      Given Ada is a KMC user of Acme
      And two-factor authentication is on for Acme
      And Ada has logged in to Acme
      And two-factor authentication is off for Acme
      And 30 days have passed
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: Logged in with the password alone while it was off
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And two-factor authentication is off for Acme
      And Ada has logged in to Acme
      When the vendor switches two-factor authentication on for Acme
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-clock
    Scenario: Not used for two days after it was switched on again
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And two-factor authentication is off for Acme
      When the vendor switches two-factor authentication on for Acme
      And 48 h pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-ENA-012 @needs-enable
  Rule: A user who has not paired yet cannot log in with a password alone, nor with a code they could make up

    Scenario Outline: Nothing was scanned yet
      Given Ada has been mailed an enrolment link
      When Ada logs in to Acme with <code>
      Then she is refused

      Examples: what somebody without an authenticator could try
        | code                     |
        | no code                  |
        | a code made of six zeros |
        | the code of an empty key |

    Scenario Outline: Added, with their password, to an account that has it on
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Bo has been registered in Acme with a password
      When Bo logs in to Acme with <code>
      Then he is refused

      Examples: what somebody without an authenticator could try
        | code                     |
        | no code                  |
        | a code made of six zeros |
        | the code of an empty key |

    @needs-administer
    Scenario Outline: Blocked while it was switched on, and restored later
      Given Bo is a KMC user of Acme
      And Bo has been blocked in Acme
      And two-factor authentication is on for Acme
      And Bo has been restored in Acme
      When Bo logs in to Acme with <code>
      Then he is refused

      Examples: what somebody without an authenticator could try
        | code                     |
        | no code                  |
        | the code of an empty key |

  @REQ-ENA-013 @needs-enable @needs-outbox
  Rule: A registered user who is no administrator is mailed a link too

    Scenario: A user without administrator rights
      Given Bo is a user of Acme who is no administrator
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed one enrolment link

    Scenario: A user without administrator rights, registered later
      Given Ada has been mailed an enrolment link
      And two-factor authentication is off for Acme
      And Bo is a user of Acme who is no administrator
      When the vendor switches two-factor authentication on for Acme
      Then Bo is mailed one enrolment link

  @REQ-ENA-014 @needs-enable
  Rule: Sessions open when it is switched on stay open until they end

    Scenario: Working while it is switched on
      Given Ada has logged in to Acme
      When the vendor switches two-factor authentication on for Acme
      Then she still has an open session in Acme

    @needs-clock
    Scenario: Some minutes later, after a colleague has logged out
      Given Ada has logged in to Acme
      And Bo has logged in to Acme
      When the vendor switches two-factor authentication on for Acme
      And Bo logs out
      And 4 min pass
      Then Ada still has an open session in Acme

  @REQ-ENA-015 @needs-enable
  Rule: When a second account of someone paired switches it on, their authenticator goes on working, there too

    Scenario Outline: The second account switches it on
      Given Ada has paired an authenticator
      And Ada is a KMC user of Globex
      When the vendor switches two-factor authentication on for Globex
      And Ada logs in to <account> with a code
      Then she is logged in to <account>

      Examples: both accounts
        | account |
        | Acme    |
        | Globex  |

    @needs-clock
    Scenario Outline: Not used for two days after the second account switched it on
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada is a KMC user of Globex
      When the vendor switches two-factor authentication on for Globex
      And 48 h pass
      And Ada logs in to <account> with a code
      Then she is logged in to <account>

      Examples: both accounts, after two days
        | account |
        | Acme    |
        | Globex  |
