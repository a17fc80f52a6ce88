"""The `tercet` command: its subcommands, and how it ends.

Exit statuses: 0 done, 1 failed, 2 called wrongly, 130 interrupted. An error is one line on standard error.
"""

import logging
import os
import sys
from collections.abc import Sequence

import click

from tercet import __version__
from tercet.cli import config, keys, models, pull, run, serve, sessions, train, usage
from tercet.cli.terminal import print_error
from tercet.errors import TercetError

USAGE_ERROR = 2
INTERRUPTED = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from tercet.toml, the environment (TERCET_…) and defaults; see `tercet config`.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """A model service for agents, on models that you own."""


@app.command()
def version() -> None:
    """Show the version."""
    click.echo(f"tercet {__version__}")


for _command in (
    run.run,
    serve.serve,
    sessions.sessions,
    models.models,
    pull.pull,
    train.train,
    keys.keys,
    usage.usage,
    config.config,
):
    app.add_command(_command)


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    logging.getLogger("tercet").addHandler(logging.NullHandler())  # `serve` alone sets logging up
    try:
        status = app.main(list(arguments), prog_name="tercet", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return USAGE_ERROR
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "tercet"
        print_error(f"{error.format_message()} (see `{path} --help`)")
        return USAGE_ERROR
    except click.ClickException as error:
        print_error(error.format_message())
        return error.exit_code
    except TercetError as error:
        print_error(error.message)
        return 1
    except (KeyboardInterrupt, click.Abort):
        print_error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter's own last flush must not fail for it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status if isinstance(status, int) else 0
