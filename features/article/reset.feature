Feature: Resetting the password, and renewing an expired QR code
  Forgot Password brings a link, the link sets a new password, and a new QR code replaces the previous one.

  @REQ-RST-001 @needs-reset @needs-outbox
  Rule: Forgot Password brings an e-mail with a reset link

    Scenario: Asking for a reset
      Given Ada is a KMC user of Acme
      When Ada asks for a reset
      Then she is mailed one reset link

    Scenario: Asking for a reset with two-factor authentication on
      Given Ada has paired an authenticator
      When Ada asks for a reset
      Then she is mailed one reset link

    Scenario: Nobody else is mailed
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      When Ada asks for a reset
      Then Bo is mailed no reset link

    Scenario: Asking for a reset while locked
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 40 s have passed
      When Ada asks for a reset
      Then she is mailed one reset link

    @needs-clock
    Scenario: Asking for a second reset, a day after the first was used
      Given Ada has reset the password
      And 24 h 1 min have passed
      When Ada asks for a reset
      Then she is mailed one reset link

    Scenario: Asking for a reset as somebody who is no administrator
      Given Bo is a user of Acme who is no administrator
      When Bo asks for a reset
      Then he is mailed one reset link

  @REQ-RST-002 @needs-reset
  Rule: The link sets a new password; the new one works and the old one does not

    Scenario: Setting it
      Given Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then she is accepted

    Scenario: The new password
      Given Ada has set a new password
      When Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: The old password
      Given Ada has set a new password
      When Ada logs in with the first password and no code
      Then she is refused

    Scenario: The old password in the second account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has set a new password
      When Ada logs in to Globex with the first password and no code
      Then she is refused

    Scenario: The old password and a code of the new QR code
      Given Ada has paired an authenticator
      And Ada has reset the password
      When Ada logs in with the first password and a code
      Then she is refused

    Scenario: The old password, right after a login with it
      Given Ada has logged in to Acme
      And Ada has set a new password
      When Ada logs in with the first password and no code
      Then she is refused

    @needs-change
    Scenario: The old password, which was changed in the KMC before
      Given Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada asks for a reset
      And Ada sets a new password through the newest reset link
      And Ada logs in with the first password and no code
      Then she is refused

  @REQ-RST-003 @needs-reset @needs-renew
  Rule: After setting it a new QR code is shown

    Scenario: Clicking OK
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada confirms the new password
      Then a QR code is shown to Ada

    Scenario: Clicking OK, where only the second account has it on
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      And Ada has set a new password
      When Ada confirms the new password
      Then a QR code is shown to Ada

    Scenario: Clicking OK after the second reset
      Given Ada has paired an authenticator
      And Ada has reset the password
      And Ada has set a new password
      When Ada confirms the new password
      Then a QR code is shown to Ada

    @needs-administer
    Scenario: The renewal steps of somebody removed from the account they logged in to last
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Ada has logged in to Globex
      And Ada has been removed from Globex
      When Ada follows the renewal steps
      Then a QR code is shown to Ada

  @REQ-RST-004 @needs-reset @needs-renew @needs-outbox
  Rule: The new QR code also comes by e-mail

    Scenario: The mail after setting the password
      Given Ada has paired an authenticator
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then she is mailed one enrolment link

    Scenario: The mailed link is opened first
      Given Ada has paired an authenticator
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada

    Scenario: The mailed link is opened after OK has shown the QR code
      Given Ada has paired an authenticator
      And Ada has reset the password
      When Ada opens the newest enrolment link
      Then no QR code is shown

  @REQ-RST-005 @needs-reset @needs-renew
  Rule: Scanning the new one sets two-factor authentication up again

    Scenario: A code of the new QR code
      Given Ada has paired an authenticator
      And Ada has reset the password
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: A code of the new QR code, in the 30 s step of the last login
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      When Ada logs in to Acme with a code made 0 s from now
      Then she is logged in to Acme

  @REQ-RST-006 @needs-reset @needs-outbox
  Rule: The previous QR code becomes invalid: a link not yet opened shows nothing any more

    Scenario: The earlier link was never opened
      Given Ada has been mailed an enrolment link
      And Ada has set a new password
      When Ada opens the first enrolment link
      Then no QR code is shown

  @REQ-RST-007 @needs-reset
  Rule: The pairing made from the previous QR code becomes invalid too, in every account

    Scenario: A code of the earlier app entry
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      When Ada logs in to Acme with a code of the earlier QR code
      Then she is refused

    Scenario Outline: A code of the earlier app entry, in every account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And two-factor authentication is on for Globex
      And Ada has logged in to Acme
      And Ada has reset the password
      When Ada logs in <where> with a code of the earlier QR code
      Then she is refused

      Examples: every account
        | where     |
        | to Acme   |
        | to Globex |

    @needs-enable
    Scenario: The earlier app entry before the new QR code was seen
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada logs in to Acme with a code
      Then she is refused

    Scenario: A code of the earlier app entry, and of the one before it
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      And Ada has logged in to Acme
      When Ada logs in to Acme with a code of the earlier QR code
      Then she is refused

    @needs-enable
    Scenario: A code of the earlier app entry, off and on again
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      And two-factor authentication is off for Acme
      And two-factor authentication is on for Acme
      When Ada logs in to Acme with a code of the earlier QR code
      Then she is refused

  @REQ-RST-008 @needs-reset @needs-renew
  Rule: Every reset makes a new QR code, and only the last one works

    Scenario Outline: Several resets, all different
      Given Ada has paired an authenticator
      When Ada resets the password
      And Ada resets the password
      And Ada logs in to Acme with <code>
      Then she is <result>

      Examples: two resets
        | code                          | result   |
        | a code                        | accepted |
        | a code of the earlier QR code | refused  |

    Scenario: Three resets
      Given Ada has paired an authenticator
      And Ada has reset the password 3 times
      When Ada logs in to Acme with a code of the earlier QR code
      Then she is refused
      And all 4 QR codes of Ada hold different secrets

  @REQ-RST-009 @needs-reset
  Rule: Asking for a reset leaves password and pairing as they are until a new password is set

    Scenario: The old password and the old code
      Given Ada has paired an authenticator
      When Ada asks for a reset
      And Ada logs in with the first password and a code
      Then she is logged in to Acme

    Scenario: The old password alone, without two-factor authentication
      Given Ada is a KMC user of Acme
      When Ada asks for a reset
      And Ada logs in with the first password and no code
      Then she is logged in to Acme

    @needs-clock
    Scenario: The old password and the old code, two days later
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada asks for a reset
      And 48 h pass
      And Ada logs in with the first password and a code
      Then she is logged in to Acme

  @REQ-RST-010 @needs-reset
  Rule: A reset link works once

    Scenario: The link is used a second time
      Given Ada has set a new password
      When Ada sets a new password through the same reset link
      Then she is refused

    Scenario: The link of a third reset is used a second time
      Given Ada has reset the password 2 times
      And Ada has set a new password
      When Ada sets a new password through the same reset link
      Then she is refused

    Scenario: A made-up link
      Given Ada has asked for a reset
      When Ada sets a new password through a made-up reset link
      Then she is refused

    Scenario: A link with null for its token
      Given Ada has asked for a reset
      When Ada sets a new password through a null reset link
      Then she is refused

    Scenario: The link is used a second time after another reset was asked for
      Given Ada has set a new password
      And Ada has asked for a reset
      When Ada sets a new password through the same reset link
      Then she is refused

    Scenario: The link is used a second time after a login
      Given Ada has set a new password
      And Ada has logged in to Acme
      When Ada sets a new password through the same reset link
      Then she is refused

    @needs-clock
    Scenario: The link is used a second time an hour later
      Given Ada has set a new password
      And 1 h have passed
      When Ada sets a new password through the same reset link
      Then she is refused

  @REQ-RST-012 @needs-reset
  Rule: Of several reset links only the newest works

    Scenario Outline: Two resets were asked for
      Given Ada has asked for a reset
      And Ada has asked for a reset
      When Ada sets a new password through <link>
      Then she is <result>

      Examples: the earlier and the newest
        | link                  | result   |
        | the first reset link  | refused  |
        | the newest reset link | accepted |

    Scenario: Three resets were asked for
      Given Ada has asked for a reset
      And Ada has asked for a reset
      And Ada has asked for a reset
      When Ada sets a new password through the earlier reset link
      Then she is refused

  @REQ-RST-013 @needs-reset
  Rule: A new password that the rules refuse leaves link, password and pairing as they were

    @needs-rules
    Scenario Outline: A password against the rules
      Given Ada has asked for a reset
      When Ada tries to set the password "<password>"
      Then she is refused

      Examples: too short, too short by one, without a digit, without a symbol
        | password     |
        | a1!          |
        | seven-7      |
        | no-digits!   |
        | n0symb0lhere |

    Scenario: The link still works
      Given Ada has asked for a reset
      When Ada tries to set the password "a1!"
      And Ada sets a new password through the newest reset link
      Then she is accepted

    Scenario: Password and pairing still work
      Given Ada has paired an authenticator
      And Ada has asked for a reset
      When Ada tries to set the password "a1!"
      And Ada logs in with the first password and a code
      Then she is logged in to Acme

  @REQ-RST-014 @needs-reset
  Rule: Without two-factor authentication in any of the user's accounts, a reset shows and sends no QR code

    @needs-renew
    Scenario: OK shows none
      Given Ada has set a new password
      When Ada confirms the new password
      Then she is accepted
      And no QR code is shown

    @needs-renew
    Scenario: OK shows none where other people's account has it on
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has set a new password
      When Ada confirms the new password
      Then she is accepted
      And no QR code is shown

    @needs-renew @needs-enable
    Scenario: OK shows none to somebody whose account had it on before
      Given Ada has paired an authenticator
      And two-factor authentication is off for Acme
      And Ada has set a new password
      When Ada confirms the new password
      Then she is accepted
      And no QR code is shown

    @needs-outbox
    Scenario: No link is mailed
      Given Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then she is mailed no enrolment link

    @needs-outbox
    Scenario: No link is mailed where other people's account has it on
      Given Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then she is mailed no enrolment link

    @needs-enable @needs-outbox
    Scenario: No link is mailed to somebody whose account had it on before
      Given Ada has paired an authenticator
      And two-factor authentication is off for Acme
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      Then she is mailed no enrolment link

  @REQ-RST-015 @needs-reset
  Rule: One user's reset leaves every other user's pairing alone

    Scenario: A colleague resets
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Ada resets the password
      And Bo logs in to Acme with a code
      Then he is logged in to Acme

    Scenario: Somebody of another account resets
      Given Ada has paired an authenticator
      And Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Bo has paired an authenticator
      When Ada resets the password
      And Bo logs in to Globex with a code
      Then he is logged in to Globex

    @needs-enable @needs-outbox
    Scenario: A colleague resets, before the link to a QR code was opened
      Given Bo is a KMC user of Acme
      And Ada has been mailed an enrolment link
      When Ada resets the password
      And Bo opens the newest enrolment link
      Then a QR code is shown to Bo

    @needs-enable @needs-outbox
    Scenario: A colleague resets, before a new password was set
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has asked for a reset
      When Ada resets the password
      And Bo sets a new password through the newest reset link
      And Bo logs in to Acme with no code
      Then he is asked for a code

  @REQ-RST-016 @needs-reset @needs-renew @needs-clock @needs-outbox
  Rule: The five renewal steps, done after a QR code expired, end in a login with a code

    Scenario: The link was never opened
      Given Ada has been mailed an enrolment link
      And 4 days have passed
      When Ada follows the renewal steps
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The QR code was scanned and never used
      Given Ada has paired an authenticator
      And 4 days have passed
      When Ada follows the renewal steps
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-RST-017 @needs-reset @needs-renew
  Rule: They also work before expiry, after the link was used, after the phone was lost, and again and again

    Scenario: Before expiry, the link unopened
      Given Ada has been mailed an enrolment link
      When Ada follows the renewal steps
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The link was used, nothing was scanned
      Given Ada has opened the enrolment link
      When Ada follows the renewal steps
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The phone with the pairing was lost
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada follows the renewal steps
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: Again and again
      Given Ada has paired an authenticator
      And Ada has reset the password 3 times
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-RST-018 @needs-reset @needs-renew
  Rule: The QR code from a reset is shown once

    Scenario: OK is clicked again
      Given Ada has paired an authenticator
      And Ada has reset the password
      When Ada confirms the new password
      Then no QR code is shown

    @needs-clock
    Scenario: OK is clicked again an hour later
      Given Ada has paired an authenticator
      And Ada has reset the password
      And 1 h have passed
      When Ada confirms the new password
      Then no QR code is shown

  @REQ-RST-019 @needs-reset @needs-renew @needs-clock @needs-outbox
  Rule: The link that a reset mails has its own 24 hours

    Scenario Outline: The link of a reset
      Given Ada has paired an authenticator
      And 20 h have passed
      And Ada has been mailed another enrolment link by a reset
      When <time> pass
      And Ada opens the newest enrolment link
      Then she is <result>

      Examples: on either side of 24 hours
        | time        | result   |
        | 23 h 59 min | accepted |
        | 24 h 1 min  | refused  |

  @REQ-RST-020 @needs-reset @needs-outbox
  Rule: Asking for a reset leaves an unopened enrolment link working

    Scenario: The link is opened after a reset was asked for
      Given Ada has been mailed an enrolment link
      When Ada asks for a reset
      And Ada opens the newest enrolment link
      Then a QR code is shown to Ada
