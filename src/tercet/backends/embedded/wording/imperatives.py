"""The verbs that requests begin with."""

import re

_VERBS = """
    add adjust alert analyse analyze answer apply archive arrange ask assess assign attach ban block book boost borrow
    brew buy calculate call cancel change charge check choose clone close comment compare compute confirm connect
    convert copy count create crop debit decode delete deploy describe detect determine dial differentiate dim disable
    divide download draft draw drop email enable encode encrypt enrol enroll estimate evaluate execute explain export
    extend extract factor feed fetch file filter find flag follow forecast format forward gather generate get give
    grab grant group heat help hire hold identify import inform integrate invite join kill label launch let list
    locate lock log look lower mail make map mark measure merge message move multiply mute notify obtain open order
    paint pause pay perform ping pin place plan play plot post postpone predict print provide pull purchase push put
    query quote raise rank rate read reboot recommend record redeem refund register remind remove rename renew rent
    reopen repeat replace reply report request reschedule reserve reset resize restart restore resume retrieve return
    review revoke ring roll rotate round run save scan schedule search see select sell send set share ship show sign
    simplify simulate snooze solve sort spell split start stop store submit subscribe subtract suggest summarise
    summarize swap switch tag take tell text track transcribe transfer translate turn unblock unlock unmute
    unsubscribe update upgrade upload validate verify view wake watch water wire withdraw write
"""
IMPERATIVE = re.compile("|".join([*_VERBS.split(), "back up", "let me", "set up", "sign up"]), re.IGNORECASE)
"""A word, or two, with which requests begin."""
