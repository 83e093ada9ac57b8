Feature: Codes, secrets and QR codes by the standards
  RFC 6238 and RFC 4226 for codes and secrets, the Key URI format for the content, ISO/IEC 18004 for the picture.

  @REQ-STD-001
  Rule: Codes follow the parameters in the QR code, by default HMAC-SHA-1, 6 digits, 30 s

    Scenario Outline: A code made another way
      Given Ada has paired an authenticator
      When Ada logs in to Acme with <code>
      Then she is <result>

      Examples: by the QR code, and not
        | code                         | result   |
        | a code                       | accepted |
        | a code made with SHA-256     | refused  |
        | a code of eight digits       | refused  |
        | a code made in steps of 60 s | refused  |

  @REQ-STD-002
  Rule: The code of the step before is accepted, that of two steps before is refused

    Scenario Outline: A code made some steps ago
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code made <offset> s from now
      Then she is <result>

      Examples: this step, the one before, and the one before that
        | offset | result   |
        | 0      | accepted |
        | -30    | accepted |
        | -60    | refused  |
        | -90    | refused  |

    Scenario: A code made two steps ago, after a colleague's of one step ago
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Bo logs in to Acme with a code made -30 s from now
      And Ada logs in to Acme with a code made -60 s from now
      Then she is refused

  @REQ-STD-003
  Rule: A code is accepted once, per credentials and across accounts

    Scenario: The same code again
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in to Acme with the same code
      Then she is refused

    Scenario: The same code again and again
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in to Acme with the same code
      And Ada logs in to Acme with the same code
      Then she is refused

    Scenario: The same code in another account
      Given Ada is a KMC user of Globex
      And Ada is a KMC user of Acme
      And two-factor authentication is on for Acme
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in to Globex with the same code
      Then she is refused

    Scenario: The same code after logging out
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs out
      And Ada logs in to Acme with the same code
      Then she is refused

    @needs-clock
    Scenario Outline: The same code later, as long as any product might take it
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And <later> pass
      And Ada logs in to Acme with the same code
      Then she is refused

      Examples: 30 s steps, and beside them
        | later       |
        | 10 s        |
        | 30 s        |
        | 60 s        |
        | 90 s        |
        | 2 min       |
        | 2 min 30 s  |
        | 4 min       |

    @needs-clock
    Scenario: The same code twice more, while any product might take it
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And 20 s pass
      And Ada logs in to Acme with the same code
      And 40 s pass
      And Ada logs in to Acme with the same code
      Then she is refused

    @needs-clock
    Scenario Outline: A code from ahead, and again when its time has come
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code made <ahead> s from now
      And <ahead> s pass
      And Ada logs in to Acme with the code typed before
      Then one of the last 2 answers is a yes at most

      Examples: one step and two
        | ahead |
        | 30    |
        | 60    |

    @needs-settings
    Scenario: The code that confirmed the pairing
      Given Ada has scanned a QR code in the settings
      When Ada completes the pairing with a code
      And Ada logs in to Acme with the code typed before
      Then she is refused

    @needs-settings @needs-clock
    Scenario: The code that confirmed the pairing, in the next step
      Given Ada has scanned a QR code in the settings
      When Ada completes the pairing with a code
      And 30 s pass
      And Ada logs in to Acme with the code typed before
      Then she is refused

    @needs-clock
    Scenario: The same code a minute later, after a colleague has logged in
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Ada logs in to Acme with a code
      And Bo logs in to Acme with a code
      And Ada logs in to Acme with the same code
      Then she is refused

  @REQ-STD-004
  Rule: The shared secret has at least 128 bits

    Scenario: The secret of a pairing
      Given Ada is a KMC user of Acme
      When Ada pairs an authenticator
      Then the secret of Ada has 128 bits or more

    @needs-reset
    Scenario: The secret of a reset
      Given Ada has paired an authenticator
      When Ada resets the password
      Then the secret of Ada has 128 bits or more

  @REQ-STD-005
  Rule: The shared secret has 160 bits

    Scenario: The secret of a pairing, by the recommendation
      Given Ada is a KMC user of Acme
      When Ada pairs an authenticator
      Then the secret of Ada has 160 bits or more

  @REQ-STD-006 @needs-clock
  Rule: A code is its six characters, leading zeros included

    Scenario Outline: A code that begins with 0
      Given Ada has paired an authenticator
      And the code of Ada begins with 0
      When Ada logs in to Acme with <code>
      Then she is <result>

      Examples: with and without its zeros
        | code                               | result   |
        | a code                             | accepted |
        | the code without its leading zeros | refused  |

  @REQ-STD-007
  Rule: The URI names issuer and account as its format asks, label and issuer parameter alike

    Scenario: What an app shows as the entry's name
      Given Ada is a KMC user of Acme
      When Ada pairs an authenticator
      Then the QR code of Ada names issuer and account alike in label and parameter

    Scenario: An e-mail with a plus in it
      Given the e-mail of Ada has a plus in it
      And Ada is a KMC user of Acme
      When Ada pairs an authenticator
      Then the QR code of Ada names issuer and account alike in label and parameter

    Scenario: Two people on one phone
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Acme
      When Ada pairs an authenticator
      And Bo pairs an authenticator
      Then the QR codes of Ada and Bo have different labels

  @REQ-STD-008 @needs-picture
  Rule: The picture delivered has the symbol's quiet zone of 4 modules

    Scenario: The picture behind the mailed link
      Given Ada has been mailed an enrolment link
      When Ada opens the newest enrolment link
      Then the picture has a quiet zone of 4 modules

    @needs-settings
    Scenario: The picture of the settings
      Given Ada is a KMC user of Acme
      And Ada has logged in to Acme
      When Ada starts to pair in the settings
      Then the picture has a quiet zone of 4 modules

  @REQ-STD-009
  Rule: Each user has a secret of their own, and each reset makes a new one

    Scenario: Thirty secrets of as many people
      Given Ada is a KMC user of Acme
      When 30 people, Ada among them, pair an authenticator
      Then all 30 secrets are different, with no byte alike in all of them

    @needs-reset @needs-renew @needs-clock
    Scenario: Fifty secrets of many people and many resets
      Given 30 people, Ada among them, have paired an authenticator
      When Ada resets the password 20 times
      Then all 50 secrets are different, with no byte alike in all of them

  @REQ-STD-010 @needs-clock
  Rule: An app whose clock is 20 s off either way still logs in

    Scenario Outline: A clock that is off
      Given Ada has paired an authenticator
      And the authenticator of Ada is <offset>
      And it is the middle of a 30 s step
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

      Examples: either way
        | offset    |
        | 20 s fast |
        | 20 s slow |

    Scenario: A clock that is off, the second time
      Given Ada has logged in to Acme
      And two-factor authentication is on for Acme
      And Ada has paired an authenticator
      And the authenticator of Ada is 20 s slow
      And it is the middle of a 30 s step
      And Ada has logged in to Acme
      And 5 min have passed
      And the authenticator of Ada is 20 s fast
      And it is the middle of a 30 s step
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-STD-011
  Rule: An older code is refused after a newer one was accepted

    Scenario: An older code after a newer one
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in to Acme with a code made -30 s from now
      Then she is refused

    Scenario: An older code after a newer one, after logging out
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs out
      And Ada logs in to Acme with a code made -30 s from now
      Then she is refused

    Scenario: An older code after a newer one, in another account
      Given Ada is a KMC user of Globex
      And Ada is a KMC user of Acme
      And two-factor authentication is on for Acme
      And two-factor authentication is on for Globex
      And Ada has paired an authenticator
      When Ada logs in to Acme with a code
      And Ada logs in to Globex with a code made -30 s from now
      Then she is refused

  @REQ-STD-012
  Rule: A code of two steps ahead is refused

    Scenario Outline: A code made some steps ahead
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code made <offset> s from now
      Then she is refused

      Examples: two steps ahead, and three
        | offset |
        | 60     |
        | 90     |

    Scenario: A code made two steps ahead, after a login
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in to Acme with a code made 60 s from now
      Then she is refused

  @REQ-STD-013 @needs-clock
  Rule: An app's clock is followed up to a limit

    Scenario Outline: A clock that is further off at each login
      Given Ada has paired an authenticator
      When Ada logs in 10 times, 5 min apart, each code one step further <sense>
      Then she is refused

      Examples: either way
        | sense  |
        | behind |
        | ahead  |
