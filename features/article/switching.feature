Feature: One set of credentials, several accounts
  Who goes to an account with two-factor authentication has to log out and log in again with a code.

  @REQ-SWI-001 @needs-switch
  Rule: From an account without two-factor authentication one cannot switch to one that has it

    Scenario: Switching without logging in again
      Given Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

    Scenario: Switching without logging in again, to the account that one owns
      Given Grace is a KMC user of Acme
      And Grace is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Grace has logged in to Globex
      When Grace switches to Acme
      Then she is refused

    Scenario: Switching without logging in again, with an authenticator paired
      Given Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

    Scenario: Somebody who has paired and logged in there before
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has logged in to Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

  @REQ-SWI-002 @needs-switch
  Rule: From an account that has it one cannot switch to another that has it either

    Background:
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And two-factor authentication is on for Globex

    Scenario: Both accounts have it on
      Given Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

    @needs-reset
    Scenario: Both accounts have it on, after a reset
      Given Ada has reset the password
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

    Scenario: Somebody who has logged in there before
      Given Ada has logged in to Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

  @REQ-SWI-003
  Rule: After logging out, logging in to that account with a code works

    Scenario Outline: Logging out and in again
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is <present> for Acme
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs out
      And Ada logs in to Globex with a code
      Then she is logged in to Globex

      Examples: from an account without and with it
        | present |
        | off     |
        | on      |

  @REQ-SWI-004 @needs-switch
  Rule: Switching to an account without it needs no code

    Background:
      Given Ada is a KMC user of Globex

    Scenario: From an account without it
      Given Ada has logged in to Acme
      When Ada switches to Globex
      Then she is logged in to Globex

    Scenario: From an account that has it
      Given Ada is a KMC user of Acme
      And two-factor authentication is on for Acme
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is logged in to Globex

  @REQ-SWI-005 @needs-switch
  Rule: A refused switch leaves the present session as it is

    Scenario: The other account has it on
      Given Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she still has an open session in Acme

    Scenario: The other account is somebody else's
      Given Bo is a KMC user of Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she still has an open session in Acme

  @REQ-SWI-006 @needs-switch
  Rule: Nobody switches to an account they are not in

    Scenario Outline: Somebody else's account
      Given Bo is a KMC user of Globex
      And Ada is a KMC user of Acme
      And two-factor authentication is <present> for Acme
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

      Examples: from an account without and with two-factor authentication
        | present |
        | off     |
        | on      |

    Scenario Outline: An account one is no longer in
      Given Ada is a KMC user of Globex
      And Ada has been <status> Globex
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

      Examples: both ways
        | status       |
        | blocked in   |
        | removed from |

  @REQ-SWI-007 @needs-switch
  Rule: What counts is whether the target account has it at the moment of switching

    Background:
      Given Ada is a KMC user of Globex

    Scenario: Switched on after the login
      Given Ada has logged in to Acme
      And two-factor authentication is on for Globex
      When Ada switches to Globex
      Then she is refused

    Scenario: Switched off after the login
      Given two-factor authentication is on for Globex
      And Ada has logged in to Acme
      And two-factor authentication is off for Globex
      When Ada switches to Globex
      Then she is logged in to Globex

  @REQ-SWI-008 @needs-switch
  Rule: A session that was logged out cannot switch

    Scenario: Switching after logging out
      Given Ada is a KMC user of Globex
      And Ada has logged in to Acme
      And Ada has logged out
      When Ada switches to Globex
      Then she is refused

  @REQ-SWI-009 @needs-switch
  Rule: Switching follows these rules for a user of three accounts, in any order

    Scenario Outline: Three accounts, of which Globex has it on
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada is a KMC user of Initech
      And two-factor authentication is on for Globex
      And Ada has logged in to <first>
      And Ada has switched to <second>
      When Ada switches to <third>
      Then she is <result>

      Examples: every order in which no step leads from Globex to Globex
        | first   | second  | third   | result   |
        | Acme    | Initech | Globex  | refused  |
        | Initech | Acme    | Globex  | refused  |
        | Globex  | Acme    | Globex  | refused  |
        | Globex  | Acme    | Initech | accepted |
        | Globex  | Initech | Acme    | accepted |
        | Acme    | Initech | Acme    | accepted |
