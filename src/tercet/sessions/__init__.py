"""The values of agent sessions: what an agent is, what a session holds, what happens in its turns. No I/O.

Doors render these in their protocol, the store keeps them, the runtime moves from one to the next.
"""
