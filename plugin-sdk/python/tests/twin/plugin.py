"""The SDK's twin of examples/python-plain: the same plugin with its manifest, on outboard-plugin.

One set of tests holds all of them to the protocol (tests/tests/functional/protocol.rs).
"""

from outboard_plugin import Blocks, Plugin, Reply, replace
from outboard_plugin.wire import operations

SHRUG = r"¯\_(ツ)_/¯"

plugin = Plugin()


@plugin.hook("message.before_post")
async def shrug(ctx):
    return replace(ctx.text.replace(":shrug:", SHRUG)) if ctx.is_mutable else None


@plugin.on_installed
async def installed(it):
    print(f"milestone: installed {it.to}", flush=True)


@plugin.on_grants_changed
async def granted(change):
    print("grants:", *change.after, flush=True)


@plugin.event("message.posted")
def greet(ctx):
    if ctx.text.lower().startswith("hello python"):
        ctx.wait(ctx.reply(f"Hello {ctx.sender.name or ctx.sender.id}"))


@plugin.command("reverse")
async def reverse(ctx, text):
    settings = await ctx.settings()
    return text[::-1].upper() + "!" if settings["loud"] else text[::-1]


@plugin.command("tally")
async def tally(ctx, word):
    return f"{word}: {await ctx.storage.increment(f'tally/{word}')}"


@plugin.action("presses")
async def press(ctx):
    count = await ctx.storage.increment("presses")
    await ctx.ui.update("presses", Blocks().text(f"Pressed {count} times").button("Press", "press"))


@plugin.command("last")
async def last(ctx, count):
    listed = operations.ListMessages(channel_id=ctx.channel.id, most=count)
    page = await ctx.ask("Messages/List", listed, operations.MessagePage)
    said = [f"{it.sender.name}: {it.body.plain}" for it in reversed(page.messages)]
    for newest in page.messages[:1]:
        await ctx.messages.react(ctx.channel.id, newest.id, "👀")
    return Reply("\n".join(said), for_one=True)


@plugin.command("about")
async def about(ctx, words):
    await ctx.channels.set_topic(ctx.channel.id, words)
    return Reply("It is the topic now.", for_one=True)


if __name__ == "__main__":
    plugin.run()
