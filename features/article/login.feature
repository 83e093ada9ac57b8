Feature: Logging in
  E-mail and password open a session; where two-factor authentication is on, only together with the app's current code.

  @REQ-LOG-001 @needs-screen
  Rule: The login screen has its fields, links and buttons

    Scenario: What somebody sees who comes for the first time
      Given Ada is a KMC user of Acme
      When Ada goes to the login screen by its address
      Then the screen has E-mail, Password, Remember me, Forgot Password?, Login and Sign Up

  @REQ-LOG-002
  Rule: Without two-factor authentication, e-mail and password open a session

    Scenario: A plain login
      Given Ada is a KMC user of Acme
      When Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario Outline: Another password
      Given Ada is a KMC user of Acme
      When Ada logs in with <password> and no code
      Then she is refused

      Examples: wrong, and almost right
        | password                         |
        | a wrong password                 |
        | the password in capitals         |
        | the password with another ending |
        | the password cut short           |
        | the password with more behind it |
        | an empty password                |

  @REQ-LOG-003
  Rule: With it, an authenticator code is asked for in addition

    Scenario Outline: No code is given
      Given Ada has paired an authenticator
      When Ada logs in to Acme with <code>
      Then she is asked for a code

      Examples: nothing typed
        | code          |
        | no code       |
        | an empty code |

    @needs-screen
    Scenario: A field for it appears
      Given Ada has paired an authenticator
      When Ada logs in to Acme with no code
      Then she is asked for a code
      And the screen has Authenticator Code

  @REQ-LOG-004
  Rule: E-mail, password and the app's current code open a session

    Scenario: Logging in with a code
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: After the code was asked for
      Given Ada has paired an authenticator
      When Ada logs in to Acme with no code
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: Several users on one day
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Bo has paired an authenticator
      When Ada logs in to Acme with a code
      And Bo logs in to Acme with a code
      Then Bo is logged in to Acme

    @needs-settings
    Scenario: After starting to pair anew in the settings
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada starts to pair in the settings
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The owner logs in with a code
      Given Grace has paired an authenticator
      When Grace logs in to Acme with a code
      Then Grace is logged in to Acme

    Scenario: Again and again with codes
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-LOG-005
  Rule: A wrong code is refused

    Scenario Outline: Something that is no right code
      Given Ada has paired an authenticator
      When Ada logs in to Acme with <code>
      Then she is refused

      Examples: wrong, empty or misshapen
        | code                         |
        | a wrong code                 |
        | an empty code                |
        | letters for a code           |
        | the word None for a code     |
        | a code cut short             |
        | a code with a digit too many |
        | a code made of six zeros     |

    Scenario: Wrong codes on end
      Given Ada has paired an authenticator
      When 5 wrong codes are tried for Ada
      Then she is refused each time

    @needs-clock
    Scenario: A day after a wrong code the right one is accepted
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in to Acme with a wrong code
      And 24 h 1 min pass
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    @needs-settings
    Scenario: A wrong code is to complete a pairing in the settings
      Given Ada has scanned a QR code in the settings
      When Ada completes the pairing with a wrong code
      Then she is refused

    @needs-settings
    Scenario: A wrong code has paired nothing in the settings
      Given Ada has scanned a QR code in the settings
      When Ada completes the pairing with a wrong code
      And 40 s pass
      And Ada logs in to Acme with no code
      Then she is logged in to Acme

    Scenario Outline: Another digit, other places
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in to Acme with <code>
      Then she is refused

      Examples: nearly right
        | code                             |
        | a code with another first digit  |
        | a code with another last digit   |
        | a code with two digits exchanged |
        | a code turned round              |

  @REQ-LOG-006
  Rule: A right code does not make up for a wrong password

    Scenario Outline: Another password and a right code
      Given Ada has paired an authenticator
      When Ada logs in with <password> and a code
      Then she is refused

      Examples: wrong, almost right, and none
        | password                         |
        | a wrong password                 |
        | the password with more behind it |
        | an empty password                |

    Scenario Outline: Another password and a right code, of somebody who has logged in before
      Given Ada has logged in to Acme
      And two-factor authentication is on for Acme
      And Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in with <password> and a code
      Then she is refused

      Examples: nearly right
        | password                             |
        | the password cut short               |
        | the password in capitals             |
        | the password without its first sign  |

    Scenario: A wrong password and a right code, of somebody whose e-mail is long
      Given the e-mail of Ada is long
      And Ada has paired an authenticator
      When Ada logs in with a wrong password and a code
      Then she is refused

    Scenario: Another password that begins as theirs, which is long, and a right code
      Given the password of Ada has 80 signs
      And Ada has paired an authenticator
      When Ada logs in with the password with another last sign and a code
      Then she is refused

    @needs-reset
    Scenario: The password of before the reset, right after a login with it
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      When Ada logs in with the first password and a code
      Then she is refused

  @REQ-LOG-007
  Rule: An unknown e-mail is refused

    Scenario: Somebody nobody registered
      Given Ada is a KMC user of Acme
      When Mallory logs in to Acme with no code
      Then Mallory is refused

    Scenario: Somebody nobody registered, where a code is needed
      Given Ada has paired an authenticator
      When Mallory logs in to Acme with Ada's code
      Then Mallory is refused

  @REQ-LOG-008
  Rule: Codes change with time

    Scenario Outline: A code of another time
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code made <offset> s from now
      Then she is refused

      Examples: five minutes and an hour away
        | offset |
        | -3600  |
        | -300   |
        | 300    |
        | 3600   |

    @needs-clock
    Scenario: A code of five minutes ahead, after codes of the next step
      Given Ada has paired an authenticator
      When Ada logs in to Acme with a code made 30 s from now
      And 2 min pass
      And Ada logs in to Acme with a code made 30 s from now
      And Ada logs in to Acme with a code made 300 s from now
      Then she is refused

    Scenario: A code of ten minutes ago, of somebody who has logged in since
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in to Acme with a code made -600 s from now
      Then she is refused

  @REQ-LOG-009
  Rule: Every login to the account needs a code

    Scenario: Again on the same machine
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in on the same machine with no code
      Then she is asked for a code

    Scenario: Again on another machine
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs in to Acme with no code
      Then she is asked for a code

    Scenario: Again after logging out
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs out
      And Ada logs in on the same machine with no code
      Then she is asked for a code

    Scenario: Again and again
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada logs in to Acme with no code
      Then she is asked for a code

    @needs-clock
    Scenario: Again after a month
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When 31 days pass
      And Ada logs in to Acme with no code
      Then she is asked for a code

    @needs-clock
    Scenario: Again after having been locked
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And 100 wrong passwords have been tried for Ada
      And 24 h 1 min have passed
      When Ada logs in to Acme with no code
      Then she is refused

    @needs-switch
    Scenario: Again after switching to another account
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And two-factor authentication is on for Acme
      And Ada has logged in to Acme
      And Ada has switched to Globex
      When Ada logs in to Acme with no code
      Then she is asked for a code

    @needs-change
    Scenario: Again after changing the password
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada logs in to Acme with no code
      Then she is asked for a code

    @needs-administer
    Scenario: Again after having been blocked and restored
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has been blocked in Acme
      And Ada has been restored in Acme
      When Ada logs in to Acme with no code
      Then she is asked for a code

    @needs-settings
    Scenario: Again after starting to pair anew in the settings
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada starts to pair in the settings
      And Ada logs in to Acme with no code
      Then she is asked for a code

    Scenario: The fourth login on one machine
      Given Ada has paired an authenticator
      When Ada logs in on the same machine with a code
      And Ada logs in on the same machine with a code
      And Ada logs in on the same machine with a code
      And Ada logs in on the same machine with no code
      Then she is asked for a code

    @needs-reset
    Scenario: Again after a reset
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has reset the password
      And Ada has logged in to Acme
      When Ada logs in to Acme with no code
      Then she is asked for a code

    Scenario: Again after a colleague has logged in
      Given Bo is a KMC user of Acme
      And Ada has paired an authenticator
      And Ada has logged in to Acme
      And Bo has logged in to Acme
      When Ada logs in to Acme with no code
      Then she is asked for a code

  @REQ-LOG-010
  Rule: Logging out ends the session

    Scenario: Logging out
      Given Ada has logged in to Acme
      When Ada logs out
      Then the session of Ada has ended

    Scenario: Logging out where a code is needed
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada logs out
      Then the session of Ada has ended

    @needs-change
    Scenario: Changing the password after logging out
      Given Ada has logged in to Acme
      And Ada has logged out
      When Ada changes the password in the KMC
      Then she is refused

    @needs-switch
    Scenario: Logging out after switching
      Given Ada is a KMC user of Globex
      And Ada has logged in to Acme
      And Ada has switched to Globex
      When Ada logs out
      Then the session of Ada has ended

    Scenario: Somebody else logs out
      Given Ada has logged in to Acme
      And Bo has logged in to Acme
      When Bo logs out
      Then Ada still has an open session in Acme

    Scenario: Logging out of the second session
      Given Ada has logged in to Acme
      And Ada has logged in to Acme
      When Ada logs out
      And Ada uses the session
      Then she is refused

    Scenario: After a colleague has logged in
      Given Ada has logged in to Acme
      And Bo has logged in to Acme
      When Ada logs out
      And Ada uses the session
      Then she is refused

  @REQ-LOG-011 @needs-screen
  Rule: Remember me fills in the e-mail and spares neither password nor code

    Scenario: The next time on the same machine
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has logged out
      When Ada goes to the login screen by its address
      Then only the e-mail of Ada is filled in

    Scenario: Logging in the next time
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      And Ada has logged out
      When Ada logs in on the same machine with no code
      Then she is asked for a code

  @REQ-LOG-012
  Rule: The right credentials for an account the user is not in are refused

    Scenario: An account without two-factor authentication
      Given Ada is a KMC user of Acme
      And Bo is a KMC user of Globex
      When Bo logs in to Acme with no code
      Then he is refused

    Scenario: An account with two-factor authentication
      Given Ada has paired an authenticator
      And Bo is a KMC user of Globex
      And two-factor authentication is on for Globex
      And Bo has paired an authenticator
      When Bo logs in to Acme with a code
      Then he is refused

  @REQ-LOG-013
  Rule: A login that names no account asks for a code if the account it opens demands one

    Scenario: The only account has it on
      Given Ada has paired an authenticator
      When Ada logs in naming no account with no code
      Then she is asked for a code

    Scenario Outline: The account looked at first has blocked the user
      Given Ada is a KMC user of <first>
      And Ada is a KMC user of <second>
      And two-factor authentication is on for <second>
      And Ada has been blocked in <first>
      When Ada logs in naming no account with no code
      Then she is refused

      Examples: whichever was joined first
        | first  | second |
        | Acme   | Globex |
        | Globex | Acme   |

    Scenario Outline: The account logged in to last has blocked the user
      Given Ada is a KMC user of <last>
      And Ada is a KMC user of <other>
      And 10 s have passed
      And Ada has logged in to <last>
      And two-factor authentication is on for <other>
      And Ada has been blocked in <last>
      When Ada logs in naming no account with no code
      Then she is refused

      Examples: whichever it is
        | last   | other  |
        | Acme   | Globex |
        | Globex | Acme   |

    Scenario: The only account has it off
      Given Ada is a KMC user of Acme
      When Ada logs in naming no account with no code
      Then she is logged in to Acme

  @REQ-LOG-014 @needs-administer
  Rule: Someone removed from the account, or blocked in it, is refused there, and welcome again when restored

    Scenario Outline: No longer welcome
      Given Ada is a KMC user of Acme
      And Ada has been <status> Acme
      When Ada logs in to Acme with no code
      Then she is refused

      Examples: both ways
        | status       |
        | blocked in   |
        | removed from |

    Scenario Outline: No longer welcome from that moment on
      Given Ada is a KMC user of Acme
      When Ada is <status> Acme
      And Ada logs in to Acme with no code
      Then she is refused

      Examples: both ways
        | status       |
        | blocked in   |
        | removed from |

    Scenario Outline: No longer welcome, naming no account
      Given Ada is a KMC user of Acme
      And Ada has been <status> Acme
      When Ada logs in naming no account with no code
      Then she is refused

      Examples: both ways
        | status       |
        | blocked in   |
        | removed from |

    Scenario: No longer welcome for the second time
      Given Ada is a KMC user of Acme
      And Ada has been blocked in Acme
      And Ada has been restored in Acme
      When Ada is blocked in Acme
      And Ada logs in to Acme with no code
      Then she is refused

    Scenario: No longer welcome, with a right code
      Given Ada has paired an authenticator
      And Ada has been blocked in Acme
      When Ada logs in to Acme with a code
      Then she is refused

    @needs-reset
    Scenario: No longer welcome, with a new password
      Given Ada has asked for a reset
      And Ada has been blocked in Acme
      When Ada sets a new password through the newest reset link
      And Ada logs in to Acme with no code
      Then she is refused

    Scenario: Blocked in one account only
      Given Ada is a KMC user of Acme
      And Ada is a KMC user of Globex
      And Ada has been blocked in Acme
      When Ada logs in to Globex with no code
      Then she is logged in to Globex

    Scenario Outline: Welcome again
      Given Ada is a KMC user of Acme
      And Ada has been <status> Acme
      And Ada has been restored in Acme
      When Ada logs in to Acme with no code
      Then she is logged in to Acme

      Examples: both ways
        | status       |
        | blocked in   |
        | removed from |

    Scenario: Welcome again, with the code of before
      Given Ada has paired an authenticator
      And Ada has been blocked in Acme
      And Ada has been restored in Acme
      When Ada logs in to Acme with a code
      Then she is logged in to Acme

  @REQ-LOG-015 @needs-change
  Rule: Changing the password while logged in keeps the pairing

    Scenario: A code of the same authenticator, with the new password
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada logs in to Acme with a code
      Then she is logged in to Acme

    Scenario: The password of before
      Given Ada has paired an authenticator
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada logs in with the first password and a code
      Then she is refused

    @needs-reset
    Scenario: Changing it after a reset
      Given Ada has paired an authenticator
      And Ada has reset the password
      And Ada has logged in to Acme
      When Ada changes the password in the KMC
      And Ada logs in to Acme with a code
      Then she is logged in to Acme
