"""Welcomes people: in words that can be set, and differently when they come back."""

from outboard_plugin import Plugin, Refusal, whisper

WORDS = "Welcome, {name}!"

plugin = Plugin()


@plugin.event("member.joined")
async def welcome(ctx):
    # At least once, the manifest says: the count must not grow with a second try.
    seen = await ctx.storage.read(f"seen/{ctx.user.id}")
    times, last = seen.value if seen else (0, "")
    if last != ctx.id:
        await ctx.storage.set(f"seen/{ctx.user.id}", (times + 1, ctx.id))
    words = await ctx.storage.get("words", WORDS)
    back = f" (no. {times + 1})" if times else ""
    # The same key: said once, whatever happens in between.
    await ctx.reply(words.format(name=ctx.user.name) + back, key=ctx.id)


@plugin.command("greeting")
async def greeting(ctx, words: str = ""):
    if not words:
        return whisper(await ctx.storage.get("words", WORDS))
    try:
        shown = words.format(name=ctx.sender.name)
    except (LookupError, ValueError):
        raise Refusal("Say {name} where the name goes, and use no other braces.") from None
    await ctx.storage.set("words", words)
    return f"From now on: {shown}"


if __name__ == "__main__":
    plugin.run()
