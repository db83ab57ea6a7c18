# Finished requests are kept for the ninety days that settings ask for, and removed after their whole text is in the audit log.

platform sets retention of settings to 2160h
alice requests DatabaseAdmin in orders for 2h
alice cancels
advance 89d
advance 2d
