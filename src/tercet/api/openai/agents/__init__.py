"""The Agents API: agents, sessions and what belongs to them, as OpenAI's client speaks it (beta `agents=v1`)."""
