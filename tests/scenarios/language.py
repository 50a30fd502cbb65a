"""The story on the page of the language is one: it runs and holds."""
import os
import re
import subprocess
import sys
import tempfile

with open("docs/scenarios.md", encoding="utf-8") as f:
    blocks = re.findall(r"```yaml story\n(.*?)```", f.read(), re.S)
assert blocks, "docs/scenarios.md has no story"
failed = 0
for block in blocks:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as f:
        f.write(block)
        f.flush()
        failed |= subprocess.run([os.path.join(os.environ["YINUO_BIN"], "yinuo"), "simulate",
                                  "--policy", "packs/service-network", f.name]).returncode
sys.exit(failed)
