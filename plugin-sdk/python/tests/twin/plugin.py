"""The SDK's twin of examples/python-plain: the same plugin with its manifest, on outboard-plugin.

One set of tests holds all of them to the protocol (tests/tests/functional/protocol.rs).
"""

from outboard_plugin import Plugin, replace

SHRUG = r"¯\_(ツ)_/¯"

plugin = Plugin()


@plugin.hook("message.before_post")
async def shrug(ctx):
    return replace(ctx.text.replace(":shrug:", SHRUG)) if ctx.is_mutable else None


@plugin.event("message.posted")
def greet(ctx):
    if ctx.text.lower().startswith("hello python"):
        ctx.wait(ctx.reply(f"Hello {ctx.sender.name or ctx.sender.id}"))


@plugin.command("reverse")
def reverse(ctx, text):
    return text[::-1]


@plugin.command("tally")
async def tally(ctx, word):
    return f"{word}: {await ctx.storage.increment(f'tally/{word}')}"


if __name__ == "__main__":
    plugin.run()
