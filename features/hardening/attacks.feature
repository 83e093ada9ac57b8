Feature: Withstanding attacks
  What OWASP ASVS 5 and NIST SP 800-63B-4 ask of a login: limits, silence, links that cannot be guessed.

  @REQ-LOG-016 @needs-change
  Rule: Changing the password while logged in takes the present one

    Scenario Outline: Something else for the present password
      Given Ada has logged in to Acme
      When Ada tries to change the password in the KMC with <password>
      Then she is refused

      Examples: wrong, almost right, and none
        | password                         |
        | a wrong password                 |
        | the password in capitals         |
        | the password with another ending |
        | an empty password                |

    Scenario: The password after such a change
      Given Ada has logged in to Acme
      When Ada tries to change the password in the KMC with a wrong password
      And Ada logs in to Acme with the first password and no code
      Then she is logged in to Acme

    Scenario: The password before the last one
      Given Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada tries to change the password in the KMC with the first password
      Then she is refused

    Scenario: A right code for the present password
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada tries to change the password in the KMC with a wrong password
      Then she is refused

  @REQ-LOG-017 @needs-change
  Rule: Changing the password while logged in obeys the password rules

    @needs-rules
    Scenario Outline: A change to a password against the rules
      Given Ada has logged in to Acme
      When Ada tries to change the password in the KMC to "<password>"
      Then she is refused

      Examples: too short, too short by one, without a digit, without a symbol
        | password     |
        | a1!          |
        | seven-7      |
        | no-digits!   |
        | n0symb0lhere |

    Scenario: The password after a refused change
      Given Ada has logged in to Acme
      When Ada tries to change the password in the KMC to "a1!"
      And Ada logs in to Acme with the first password and no code
      Then she is logged in to Acme

  @REQ-RST-011 @needs-reset @needs-clock
  Rule: A reset link is dead after 24 hours at most

    Scenario Outline: A reset link of some age
      Given Ada has asked for a reset
      When <time> pass
      And Ada sets a new password through the newest reset link
      Then she is refused

      Examples: just after, and later
        | time       |
        | 24 h 1 min |
        | 4 days     |

  @REQ-RST-021 @needs-reset @needs-change
  Rule: A reset link is worthless once the password was changed while logged in

    Scenario: A link asked for before the change
      Given Ada has logged in to Acme
      And Ada has asked for a reset
      When Ada changes the password in the KMC
      And Ada sets a new password through the newest reset link
      Then she is refused

    Scenario: A link asked for before the change, by somebody who has paired
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has asked for a reset
      When Ada changes the password in the KMC
      And Ada sets a new password through the newest reset link
      Then she is refused

    Scenario: A link asked for after the change
      Given Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada asks for a reset
      And Ada sets a new password through the newest reset link
      Then she is accepted

    Scenario: A colleague's link
      Given Bo is a KMC user of Acme
      And Bo has asked for a reset
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Bo sets a new password through the newest reset link
      Then he is accepted

  @REQ-RST-022 @needs-reset @needs-outbox
  Rule: A reset link goes to the registered address alone, however it was typed

    Scenario Outline: An address that only looks like a registered one
      Given the e-mail of Ada has an i in it
      And Ada is a KMC user of Acme
      And the e-mail of Mallory is that of Ada <like>
      When Mallory asks for a reset
      Then Mallory is mailed no reset link

      Examples: other letters, a wildcard, and another host
        | like                         |
        | with a dotless i             |
        | with an accent               |
        | with a wildcard for a letter |
        | at another address           |

    Scenario: The answer to who asks
      Given Ada is a KMC user of Acme
      When Ada asks for a reset
      Then the answer does not tell the link mailed to Ada

    Scenario: The registered address in capitals
      Given Ada is a KMC user of Acme
      When Ada asks for a reset with the e-mail in capitals
      Then no reset link goes to the e-mail of Ada in capitals

  @REQ-SEC-001
  Rule: Wrong passwords are limited

    Scenario Outline: The right password after 100 wrong ones
      Given <who> is a KMC user of Acme
      And 100 wrong passwords have been tried for <who>
      When <who> logs in to Acme with no code
      Then <who> is refused

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario: The right password after 100 wrong ones, each with a code
      Given Ada is a KMC user of Acme
      And 100 wrong passwords, each with a code, have been tried for Ada
      When Ada logs in to Acme with no code
      Then she is refused

    Scenario: The right password after 100 wrong ones, with the e-mail in other capitals each time
      Given Ada is a KMC user of Acme
      And 100 wrong passwords, each with the e-mail in other capitals, have been tried for Ada
      When Ada logs in to Acme with the e-mail in capitals and no code
      Then she is refused

    Scenario: The right password after 100 wrong ones, naming no account
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      When Ada logs in naming no account with no code
      Then she is refused

    @needs-reset
    Scenario: The right password after 100 wrong ones and Forgot Password
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      When Ada asks for a reset
      And Ada logs in to Acme with no code
      Then she is refused

    Scenario: The right password and code after 100 wrong passwords
      Given Ada has paired an authenticator
      And 100 wrong passwords have been tried for Ada
      When Ada logs in to Acme with a code
      Then she is refused

    Scenario: Wrong passwords on end
      Given Ada is a KMC user of Acme
      When 100 wrong passwords are tried for Ada
      Then she is refused each time

    @needs-clock
    Scenario: Another 100 wrong ones, a day later
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      And 100 wrong passwords have been tried for Ada
      When Ada logs in to Acme with no code
      Then she is refused

  @REQ-SEC-002
  Rule: Wrong codes behind a right password are limited in the same way

    Scenario: The right code after 100 wrong ones
      Given Ada has paired an authenticator
      And 100 wrong codes have been tried for Ada
      When Ada logs in to Acme with a code
      Then she is refused

    Scenario: Wrong codes on end
      Given Ada has paired an authenticator
      When 100 wrong codes are tried for Ada
      Then she is refused each time

    Scenario: The right code after 100 wrong ones, each after the code was asked for
      Given Ada has paired an authenticator
      When 100 wrong codes are tried for Ada, each after the code was asked for
      And Ada logs in to Acme with a code
      Then she is refused

    Scenario: The right code after 100 wrong ones, each after a login to another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Ada has paired an authenticator
      When 100 wrong codes are tried for Ada, each after a login to Globex
      And Ada logs in to Acme with a code
      Then she is refused

  @REQ-SEC-003
  Rule: Before the right password nothing shows whether a user has two-factor authentication

    Scenario Outline: Wrong passwords for one who has it and one who has not
      Given Bo is a user without two-factor authentication
      And Ada has paired an authenticator
      When Ada logs in with a wrong password and <code>
      And Bo logs in with a wrong password and <code>
      Then the last 2 answers look the same

      Examples: without and with something typed as a code
        | code                     |
        | no code                  |
        | a code made of six zeros |

    @needs-reset
    Scenario: Forgot Password for one who has it and one who has not
      Given Bo is a user without two-factor authentication
      And Ada has paired an authenticator
      When Ada asks for a reset
      And Bo asks for a reset
      Then the last 2 answers look the same

  @REQ-SEC-004
  Rule: A known, an unknown and a locked e-mail get the same answers

    Scenario: A wrong password for a known and an unknown e-mail
      Given Ada is a KMC user of Acme
      When Ada logs in with a wrong password and no code
      And Mallory logs in with a wrong password and no code
      Then the last 2 answers look the same

    Scenario: A wrong password for a locked and an unknown e-mail
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 100 wrong passwords have been tried for Mallory
      When Ada logs in with a wrong password and no code
      And Mallory logs in with a wrong password and no code
      Then the last 2 answers look the same

    @needs-administer
    Scenario: A wrong password for a blocked and an unknown e-mail
      Given Ada is a KMC user of Acme
      And Ada has been blocked in Acme
      When Ada logs in with a wrong password and no code
      And Mallory logs in with a wrong password and no code
      Then the last 2 answers look the same

    @needs-administer
    Scenario: A wrong password for an e-mail of a blocked account and an unknown one
      Given Ada is a KMC user of Acme
      And Acme has been blocked
      When Ada logs in with a wrong password and no code
      And Mallory logs in with a wrong password and no code
      Then the last 2 answers look the same

    @needs-reset
    Scenario: Forgot Password for a known and an unknown e-mail
      Given Ada is a KMC user of Acme
      When Ada asks for a reset
      And Mallory asks for a reset
      Then the last 2 answers look the same

    @needs-reset
    Scenario: Forgot Password for a locked and an unknown e-mail
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 100 wrong passwords have been tried for Mallory
      And 40 s have passed
      When Ada asks for a reset
      And Mallory asks for a reset
      Then the last 2 answers look the same

  @REQ-SEC-005 @needs-outbox
  Rule: Links carry at least 128 unguessable bits and nothing about the user

    @needs-reset @needs-clock
    Scenario: Reset links
      Given Ada is a KMC user of Acme
      When Ada asks for a reset 8 times, 2 min apart
      Then the reset links carry 128 unguessable bits and tell nothing about their users

    @needs-enable
    Scenario: Enrolment links
      Given 8 people, Ada among them, have paired an authenticator
      And two-factor authentication is off for Acme
      When the vendor switches two-factor authentication on for Acme
      Then the enrolment links carry 128 unguessable bits and tell nothing about their users

  @REQ-SEC-006 @needs-reset @needs-outbox
  Rule: An enrolment link sets no password; a reset link shows no QR code before a password is set

    Scenario: A password through an enrolment link
      Given Ada has been mailed an enrolment link
      And Ada has asked for a reset
      When Ada sets a new password through the enrolment link as a reset link
      Then she is refused

    Scenario: A QR code through a reset link
      Given Ada has been mailed an enrolment link
      And Ada has asked for a reset
      When Ada opens the reset link as an enrolment link
      Then no QR code is shown

  @REQ-SEC-007
  Rule: Setting a new password ends the user's other sessions

    @needs-reset
    Scenario: A reset
      Given Ada has logged in to Acme
      When Ada resets the password
      Then the session of Ada has ended

    @needs-reset
    Scenario: A reset, with two sessions
      Given Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada resets the password
      Then the earlier session of Ada has ended

    @needs-reset
    Scenario Outline: A reset, with a session in another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has logged in to <account>
      When Ada resets the password
      Then the session of Ada has ended

      Examples: either account
        | account |
        | Acme    |
        | Globex  |

    @needs-change
    Scenario: A change while logged in, with a session in another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has logged in to Globex
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      Then the earlier session of Ada has ended

    @needs-change
    Scenario: A change while logged in
      Given Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      Then the earlier session of Ada has ended

    @needs-reset
    Scenario: Somebody else's session
      Given Bo has logged in to Acme
      And Ada has logged in to Acme
      When Ada resets the password
      Then Bo still has an open session in Acme

    @needs-reset @needs-switch
    Scenario: A session that has gone to another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has logged in to Acme
      And Ada has switched to Globex
      When Ada resets the password
      Then the session of Ada has ended

  @REQ-SEC-008 @needs-outbox
  Rule: The secret, the password and the code are in no mail and no link

    @needs-enable
    Scenario: The mails after enrolment
      Given Ada is a KMC user of Acme
      When Ada pairs an authenticator
      Then no mail to Ada contains the secret, the password or the code

    @needs-reset
    Scenario: The mails after a reset
      Given Ada has paired an authenticator
      When Ada resets the password
      Then no mail to Ada contains the secret, the password or the code

    @needs-change @needs-reset
    Scenario: The mails after a change
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has asked for a reset
      When Ada changes the password in the KMC
      Then no mail to Ada contains the secret, the password or the code

  @REQ-SEC-010 @needs-administer
  Rule: A blocked account lets nobody in

    Scenario Outline: Logging in to a blocked account
      Given Ada is a KMC user of Acme
      And Acme has been blocked
      When <who> logs in to Acme with no code
      Then <who> is refused

      Examples: owner and user
        | who   |
        | Grace |
        | Ada   |

    Scenario: Logging in naming no account, where the only one is blocked
      Given Ada is a KMC user of Acme
      And Acme has been blocked
      When Ada logs in naming no account with no code
      Then she is refused

    Scenario: From that moment on
      Given Ada is a KMC user of Acme
      When Acme is blocked
      And Ada logs in to Acme with no code
      Then she is refused

    Scenario: Logging in to a blocked account with a code
      Given Ada has paired an authenticator
      And Acme has been blocked
      When Ada logs in to Acme with a code
      Then she is refused

    @needs-switch
    Scenario: Switching to a blocked account
      Given Ada is a KMC user of Globex
      And Globex has been blocked
      And Ada has logged in to Acme
      When Ada switches to Globex
      Then she is refused

  @REQ-SEC-011
  Rule: After a run of wrong attempts, 24 hours or a reset let the right credentials work again

    @needs-clock
    Scenario: A day later
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      When 24 h 1 min pass
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    @needs-clock
    Scenario: A day after wrong codes
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And 100 wrong codes have been tried for Ada
      When 24 h 1 min pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-clock
    Scenario: A few wrong codes every day
      Given Ada has paired an authenticator
      And Ada has logged in on 2 days, each time after 4 wrong codes
      And 4 wrong codes have been tried for Ada
      When 10 min pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-reset
    Scenario: After a reset
      Given Ada is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 40 s have passed
      When Ada resets the password
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    @needs-reset @needs-renew
    Scenario: After wrong codes and a reset
      Given Ada has paired an authenticator
      And 100 wrong codes have been tried for Ada
      And 40 s have passed
      When Ada resets the password
      And 30 s pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: Everybody else meanwhile
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      And 100 wrong passwords have been tried for Ada
      And 40 s have passed
      When Bo logs in to Acme with no code
      Then he is logged in to Acme

    @needs-clock
    Scenario: Locked for the fifth time
      Given Ada is a KMC user of Acme
      And 10 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      And 10 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      And 10 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      And 10 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      And 100 wrong passwords have been tried for Ada
      When 24 h 1 min pass
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario: Two others of the account are locked
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      And Grace is a KMC user of Acme
      And 100 wrong passwords have been tried for Bo
      And 100 wrong passwords have been tried for Grace
      And 40 s have passed
      When Ada logs in to Acme with no code
      Then she is logged in to Acme

  @REQ-SEC-012 @needs-reset @needs-outbox
  Rule: At most 10 reset mails go to one address in 10 minutes, and the answer does not change

    Scenario: Twenty requests
      Given Ada is a KMC user of Acme
      When Ada asks for a reset 20 times
      Then 10 reset mails at most reach Ada
      And the last 20 answers look the same

    @needs-clock
    Scenario: Ten requests, and ten more before ten minutes are over
      Given Ada is a KMC user of Acme
      When Ada asks for a reset 10 times
      And 9 min 30 s pass
      And Ada asks for a reset 10 times
      Then 10 reset mails at most reach Ada

    @needs-clock
    Scenario: One request, nine more at the end of its ten minutes, and ten after them
      Given Ada has asked for a reset
      And 9 min 30 s have passed
      When Ada asks for a reset 9 times
      And 40 s pass
      And Ada asks for a reset 10 times
      Then 10 reset mails at most reach Ada

  @REQ-SEC-013 @needs-screen @needs-outbox
  Rule: The screen that shows the secret is not cached

    Scenario: The screen that a mailed link opens
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then a QR code is shown to Ada
      And the screen must not be kept

    Scenario: The screen after a reset
      Given Ada has paired an authenticator
      And Ada has set a new password
      When Ada confirms the new password
      Then a QR code is shown to Ada
      And the screen must not be kept

  @REQ-SEC-014
  Rule: Of two people racing on one link or one code, one at most succeeds

    Scenario: Two logins with one code, one after the other
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in on the same machine with the same code
      Then she is refused

    @needs-reset
    Scenario: Two uses of one reset link, one after the other
      Given Ada has asked for a reset
      When Ada sets a new password through the newest reset link
      And Ada sets a new password through the same reset link
      Then she is refused

    @needs-race
    Scenario Outline: Two logins with one code at the same moment
      Given Ada has paired an authenticator
      When two people log in as Ada with a code at the same moment
      Then one of the two succeeds at most

      Examples: four races, since one may be won by luck
        | race   |
        | first  |
        | second |
        | third  |
        | fourth |

    @needs-race @needs-outbox
    Scenario Outline: Two openings of one link at the same moment
      Given Ada has been mailed an enrolment link
      When two people use the newest enrolment link of Ada at the same moment
      Then one of the two succeeds at most

      Examples: four races, since one may be won by luck
        | race   |
        | first  |
        | second |
        | third  |
        | fourth |

    @needs-race @needs-reset
    Scenario Outline: Two uses of one reset link at the same moment
      Given Ada has asked for a reset
      When two people use the newest reset link of Ada at the same moment
      Then one of the two succeeds at most

      Examples: four races, since one may be won by luck
        | race   |
        | first  |
        | second |
        | third  |
        | fourth |

  @REQ-SEC-015 @needs-administer
  Rule: An open session of somebody blocked or removed ends

    Scenario Outline: A session of somebody shut out
      Given Ada has logged in to Acme
      When Ada is <status> Acme
      Then the session of Ada has ended

      Examples: blocked, and removed
        | status       |
        | blocked in   |
        | removed from |

    Scenario Outline: The earlier of two sessions of somebody shut out
      Given Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada is <status> Acme
      Then the earlier session of Ada has ended

      Examples: blocked, and removed
        | status       |
        | blocked in   |
        | removed from |

    Scenario: A session opened with a code
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada is blocked in Acme
      Then the session of Ada has ended

    Scenario: A session opened after an earlier block
      Given Ada is a KMC user of Acme
      And Ada has been blocked in Acme
      And Ada has been restored in Acme
      And Ada has logged in to Acme
      When Ada is blocked in Acme
      Then the session of Ada has ended

    @needs-memberships @needs-switch
    Scenario Outline: A session of somebody shut out who came by switching
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has logged in to Globex
      And Ada has switched to Acme
      And Ada has been <status> Globex
      When Ada is <status> Acme
      Then the session of Ada has ended

      Examples: blocked, and removed
        | status       |
        | blocked in   |
        | removed from |

    @needs-change
    Scenario Outline: A new password in a session of somebody shut out
      Given Ada has logged in to Acme
      When Ada is <status> Acme
      And Ada changes the password in the KMC
      Then she is refused

      Examples: blocked, and removed
        | status       |
        | blocked in   |
        | removed from |

    Scenario: A colleague's session meanwhile
      Given Bo has logged in to Acme
      And Ada has logged in to Acme
      When Ada is blocked in Acme
      Then Bo still has an open session in Acme

  @REQ-SEC-016 @needs-tokens
  Rule: Session tokens carry at least 128 unguessable bits

    Scenario: Sessions of many people
      Given Ada is a KMC user of Acme
      When 8 people, Ada among them, log in to Acme
      Then the session tokens carry 128 unguessable bits

    Scenario: Sessions opened with a code
      Given 8 people, Ada among them, have paired an authenticator
      When 8 people, Ada among them, log in to Acme
      Then the session tokens carry 128 unguessable bits

  @REQ-SEC-017
  Rule: A registration in a second account leaves a known person's password alone

    Scenario: Registered elsewhere with a password that is not theirs
      Given Ada is a KMC user of Acme
      When Ada is registered in Globex with a wrong password
      And Ada logs in to Acme with the first password and no code
      Then she is logged in to Acme

    Scenario Outline: The password that somebody else chose
      Given Ada is a KMC user of Acme
      When Ada is registered in Globex with a wrong password
      And Ada logs in to <account> with a wrong password and no code
      Then she is refused

      Examples: either account
        | account |
        | Acme    |
        | Globex  |

    Scenario: Registered elsewhere by mail
      Given Ada is a KMC user of Acme
      When Ada is registered in Globex by mail
      And Ada logs in to Acme with the first password and no code
      Then she is logged in to Acme

    Scenario: Registered elsewhere, after pairing
      Given Ada has paired an authenticator
      When Ada is registered in Globex with a wrong password
      And Ada logs in to Acme with the first password and a code
      Then she is logged in to Acme

  @REQ-SEC-018 @needs-race
  Rule: Wrong codes are limited also where many are tried at the same moment

    Scenario: The right code after 100 wrong ones, 25 at the same moment
      Given Ada has paired an authenticator
      When 100 wrong codes are tried for Ada, 25 at the same moment
      And Ada logs in to Acme with a code
      Then she is refused

  @REQ-SEC-019 @needs-outbox
  Rule: A link serves the person alone to whom it was mailed

    @needs-reset
    Scenario: A reset link's token in the link of a colleague
      Given Ada has asked for a reset
      And Bo has asked for a reset
      When Bo sets a new password through the newest reset link, at the address of Ada's
      And Ada logs in to Acme with the first password and no code
      Then she is logged in to Acme

    @needs-enable
    Scenario: An enrolment link's token in the link of a colleague
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      And two-factor authentication is on for Acme
      When Bo opens the newest enrolment link, at the address of Ada's
      Then Bo is not shown the QR code of Ada

    @needs-reset @needs-browsers
    Scenario: A reset link in a colleague's browser
      Given Bo has logged in to Acme
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link in the browser of Bo
      And Bo logs in to Acme with the first password and no code
      Then he is logged in to Acme

    @needs-reset @needs-browsers
    Scenario: The new password of who opened a reset link in a colleague's browser
      Given Bo has logged in to Acme
      And Ada has asked for a reset
      When Ada sets a new password through the newest reset link in the browser of Bo
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    @needs-enable @needs-browsers
    Scenario: An enrolment link in a colleague's browser
      Given Ada is a KMC user of Acme
      And Bo has paired an authenticator
      And Bo has logged in to Acme
      When Ada opens the newest enrolment link in the browser of Bo
      Then Ada is not shown the QR code of Bo

    @needs-enable @needs-browsers
    Scenario: The pairing of a colleague in whose browser an enrolment link was opened
      Given Ada is a KMC user of Acme
      And Bo has paired an authenticator
      And Bo has logged in to Acme
      When Ada opens the newest enrolment link in the browser of Bo
      And Bo logs in to Acme with a code
      Then he is logged in to Acme
