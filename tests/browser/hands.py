"""How a person works a page: by mouse, by keyboard alone, or in a browser that runs no script."""

from __future__ import annotations

from playwright.sync_api import Locator


class Mouse:
    """Clicks and types."""

    script = True

    def press(self, target: Locator) -> None:
        """What leads to another page."""
        target.click()

    def fetch(self, target: Locator) -> None:
        """What leads to a file."""
        target.click()

    def choose(self, target: Locator) -> None:
        target.check()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)


class Scriptless(Mouse):
    """The same in a browser that runs no script."""

    script = False


class Keyboard:
    """Tab, arrows, Enter and Space alone; and the focus is seen wherever it goes."""

    script = True

    def press(self, target: Locator) -> None:
        with target.page.expect_navigation():
            self.fetch(target)

    def fetch(self, target: Locator) -> None:
        self._reach(target)
        target.page.keyboard.press("Enter")

    def choose(self, target: Locator) -> None:
        group = target.get_attribute("name")
        self._reach(target.page.locator(f"main [name={group}]"))
        if target.get_attribute("type") == "checkbox":
            target.page.keyboard.press("Space")
        for _ in range(12):
            if target.is_checked():
                return
            target.page.keyboard.press("ArrowDown")
        raise AssertionError("the choice was not reached by arrows")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        target.page.keyboard.press("Control+A")
        target.page.keyboard.type(text)

    def _reach(self, target: Locator) -> None:
        target.first.wait_for()
        for _ in range(120):
            if target.evaluate_all("all => all.includes(document.activeElement)"):
                width = target.page.evaluate(
                    "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
                )
                assert width >= 2, "the focus is seen"
                return
            target.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {target}")


Hands = Mouse | Keyboard
