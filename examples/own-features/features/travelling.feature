Feature: People who travel
  What our help desk is asked most, in the suite's own words and one sentence of ours.

  Scenario: A phone that is left at home
    Given Ada has paired an authenticator
    And Ada has logged in to Acme
    When Ada logs in to Acme with no code
    Then she is asked for a code

  @needs-clock
  Scenario: Back after the holidays
    Given Ada has paired an authenticator
    And Ada has logged in to Acme
    And three weeks of holidays are over
    When Ada logs in to Acme with a code
    Then she is logged in to Acme
