"""Make .venv and install the pinned requirements; at once when they are in already.

Runs under whatever `python3` the machine has, hence the plain syntax.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
WANTED = (3, 11)


def say(text):
    print("setup      " + text, flush=True)


def require_python():
    """Go on under a Python that is new enough, or say how to get one."""
    if sys.version_info >= WANTED:
        return
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            os.execv(found, [found] + sys.argv)
    sys.exit(
        "The portal needs Python 3.11 or newer; python3 is {}.{}. Install one (on Debian 12 or Ubuntu 24.04: "
        "apt-get install python3 python3-venv), or name one: make run PYTHON3=/path/to/python3.12".format(
            *sys.version_info[:2]
        )
    )


def works():
    """Whether the venv is there and its Python (which may have been updated away) still starts."""
    try:
        return subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv():
    say("making .venv with Python {}.{}".format(*sys.version_info[:2]))
    shutil.rmtree(VENV, ignore_errors=True)
    if make_with_pip() or (install_venv_package() and make_with_pip()):
        return
    sys.exit(
        "python3 -m venv does not work here. On Debian and Ubuntu it is a package of its own: "
        "apt-get install python3-venv"
    )


def make_with_pip():
    done = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
    return done.returncode == 0


def install_venv_package():
    """Debian splits venv off; as root (or with sudo that asks nothing) we may install it."""
    apt = shutil.which("apt-get")
    if not apt or (os.geteuid() and not shutil.which("sudo")):
        return False
    say("installing Debian's python3-venv")
    command = ([] if os.geteuid() == 0 else ["sudo", "-n"]) + [apt, "install", "-y", "-qq", "python3-venv"]
    return subprocess.call(command, stdout=subprocess.DEVNULL) == 0


def stamp(files):
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def installed(kind):
    try:
        with open(os.path.join(VENV, ".installed-" + kind)) as file:
            return file.read()
    except OSError:
        return ""


def install(kind, files):
    """Install the files' pins; pip's own settings (index, proxy, certificates) come from the environment."""
    wanted = stamp(files)
    if installed(kind) == wanted and works():
        return
    if not works():
        make_venv()
    say("installing {} (a minute or two the first time)".format(" and ".join(files)))
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
    ]
    for name in files:
        command += ["-r", os.path.join(ROOT, name)]
    environment = dict(os.environ, PIP_PROGRESS_BAR=os.environ.get("PIP_PROGRESS_BAR", "on"))
    if subprocess.call(command, env=environment) != 0:
        sys.exit(
            "pip could not install the requirements; its words stand above. Is the package index reachable?"
        )
    with open(os.path.join(VENV, ".installed-" + kind), "w") as file:
        file.write(wanted)


def main():
    require_python()
    with open(os.path.join(ROOT, "Makefile")) as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if "--dev" in sys.argv:
            install("dev", ["requirements.txt", "requirements-dev.txt"])
        else:
            install("runtime", ["requirements.txt"])


if __name__ == "__main__":
    main()
