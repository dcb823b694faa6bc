"""What stands in deploy/, held against what will read it; and broken copies, each of which is refused.

Run from the root of the project with the tools that tests/tools/install puts into target/tools:
target/tools/deploy/bin/python tests/deploy/check.py target/tools
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml
from helm_python import chart as helm
from helm_python.errors import HelmError

CHART = "deploy/helm/sid-cds"
FULL = "tests/deploy/full-values.yaml"
ALERTS = "deploy/prometheus/alerts.yml"
TOOLS = pathlib.Path(sys.argv[1]).resolve()
BIN = pathlib.Path(sys.executable).parent


class Refused(Exception):
    """What a tool says against a file."""


def run(*command, cwd=None, quiet=False):
    """Runs a tool; a failure, or any word of one that has none to say, is a refusal."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 or (quiet and said):
        raise Refused(said)
    return said


def read(root, path):
    return (root / path).read_text()


def values(root):
    """The default values, all values changed, and every optional part off."""
    off = {"autoscaling": {"enabled": False}, "networkPolicy": {"enabled": False}}
    return {
        "defaults": None,
        "full": yaml.safe_load(read(root, FULL)),
        "least": off,
    }


def minimum(root):
    """The oldest Kubernetes that the chart is for."""
    version = yaml.safe_load(read(root, f"{CHART}/Chart.yaml"))["kubeVersion"]
    return re.fullmatch(r">=(1\.\d+)\.0-0", version).group(1)


def versions(root):
    return [minimum(root), kubernetes_validate.latest_version()]


def lint(root):
    for name, given in values(root).items():
        version = f"v{minimum(root)}.0"
        report = helm.lint(root / CHART, given, strict=True, kube_version=version)
        # 1 is advice: an icon.
        said = [one for one in report["messages"] if one["severity"] != 1]
        if report["errors"] or said:
            raise Refused(f"{name}: {report}")


def manifests(root, given):
    try:
        with helm.Chart.load(root / CHART) as loaded:
            rendered = loaded.render(given, name="release", namespace="cds")
        for text in rendered.values():
            yield from (one for one in yaml.safe_load_all(text) if one)
    except (HelmError, yaml.YAMLError) as error:
        raise Refused(str(error)) from error


def fits(manifest, version):
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        raise Refused(f"{manifest['kind']} for {version}: {error}") from error


def monitor_fits(manifest, labels):
    """A ServiceMonitor is no kind of Kubernetes itself: the members that are used, as the reference of
    the Prometheus operator (monitoring.coreos.com/v1) has them, and what the alerts rest on."""

    def only(where, given, known):
        if set(given) - set(known):
            raise Refused(f"ServiceMonitor {where}: {sorted(set(given) - set(known))}")

    spec = manifest["spec"]
    only("", manifest, ["apiVersion", "kind", "metadata", "spec"])
    only("spec", spec, ["jobLabel", "selector", "endpoints"])
    only("spec.selector", spec["selector"], ["matchLabels"])
    if manifest["apiVersion"] != "monitoring.coreos.com/v1":
        raise Refused(manifest["apiVersion"])
    for endpoint in spec["endpoints"]:
        only("spec.endpoints", endpoint, ["port", "path", "interval"])
        if not re.fullmatch(r"(\d+h)?(\d+m)?(\d+s)?", endpoint["interval"]):
            raise Refused(f"ServiceMonitor interval {endpoint['interval']}")
    # Alerts ask for job="sid-cds", which is the value of this label of the Service.
    if labels.get(spec.get("jobLabel")) != "sid-cds":
        raise Refused("ServiceMonitor: the job would not be sid-cds")
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        raise Refused("ServiceMonitor: selects no Service of the chart")


def chart(root):
    kinds = set()
    for given in values(root).values():
        rendered = list(manifests(root, given))
        service = next(one for one in rendered if one["kind"] == "Service")
        ports = {port["name"] for port in service["spec"]["ports"]}
        for manifest in rendered:
            kinds.add(manifest["kind"])
            if manifest["kind"] == "ServiceMonitor":
                monitor_fits(manifest, service["metadata"]["labels"])
                used = {endpoint["port"] for endpoint in manifest["spec"]["endpoints"]}
                if not used <= ports:
                    raise Refused(f"ServiceMonitor: {used - ports}")
                continue
            for version in versions(root):
                fits(manifest, version)
    wanted = {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy",
        "PodDisruptionBudget", "Service", "ServiceMonitor",
    }  # fmt: skip
    if kinds != wanted:
        raise Refused(f"kinds {kinds ^ wanted}")


def full_values(root):
    """The full values are all of them, and none that is not there."""

    def keys(given, path=""):
        for key, value in given.items():
            # What is below is the user's own.
            own = path + key in ("resources", "ingress.annotations", "nodeSelector", "affinity")
            if isinstance(value, dict) and value and not own:
                yield from keys(value, f"{path}{key}.")
            else:
                yield path + key

    default = yaml.safe_load(read(root, f"{CHART}/values.yaml"))
    difference = set(keys(default)) ^ set(keys(yaml.safe_load(read(root, FULL))))
    if difference:
        raise Refused(f"{FULL}: {sorted(difference)}")


def jobs(root):
    """The manifests of docs/scale.md."""
    blocks = re.findall(r"```yaml\n(apiVersion:.*?)```", read(root, "docs/scale.md"), re.S)
    if not blocks:
        raise Refused("docs/scale.md has no manifest")
    for block in blocks:
        for manifest in yaml.safe_load_all(block):
            for version in versions(root):
                fits(manifest, version)
            for one in manifest["spec"]["template"]["spec"]["containers"]:
                # The image holds the program alone, which is its entry point.
                if one["image"].startswith("sid-cds") and "command" in one:
                    raise Refused(f"docs/scale.md: {one['command']} is not in the image")


def container(root):
    run(BIN / "hadolint", "--failure-threshold", "style", root / "deploy/container/Containerfile")


def compose(root):
    run(
        BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec",
        root / "deploy/compose/compose.yaml",
    )  # fmt: skip


def rules(root):
    promtool = TOOLS / "promtool" / "usr/bin/promtool"
    tests = ["alerts.test.yml", "alerts-days.test.yml"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(root / ALERTS, folder)
        for name in tests:
            shutil.copy(root / "tests/deploy" / name, folder)
        config = read(root, "deploy/compose/prometheus.yml")
        config = config.replace("/etc/prometheus/alerts.yml", "alerts.yml")
        (folder / "prometheus.yml").write_text(config)
        run(promtool, "check", "config", "prometheus.yml", cwd=folder)
        run(promtool, "test", "rules", *tests, cwd=folder)
    alerts = set(re.findall(r"alert: (\w+)", read(root, ALERTS)))
    fired = set()
    for name in tests:
        for test in yaml.safe_load(read(root, f"tests/deploy/{name}"))["tests"]:
            cases = test["alert_rule_test"]
            fired |= {case["alertname"] for case in cases if "exp_alerts" in case}
    if alerts != fired:
        raise Refused(f"no test lets it fire: {alerts ^ fired}")


def proxy(root):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=x", "-keyout", folder / "key.pem",
            "-out", folder / "fullchain.pem",
        )  # fmt: skip
        site = read(root, "deploy/nginx/sid-cds.conf")
        # Its places on a server, as places of this test; ports below 1024 are not for everyone.
        for old, new in [
            ("listen 443 ", f"listen unix:{folder}/a.sock "),
            ("listen [::]:443 ", f"listen unix:{folder}/b.sock "),
            ("/etc/ssl/cds/", f"{folder}/"),
            ("/var/log/nginx/", f"{folder}/"),
        ]:
            if old not in site:
                raise Refused(f"nginx: {old}")
            site = site.replace(old, new)
        (folder / "site.conf").write_text(site)
        (folder / "nginx.conf").write_text(
            f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{ access_log off; include {folder}/site.conf; }}\n"
        )
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        # Says on standard error that the test was successful.
        said = run(nginx, "-t", "-p", folder, "-c", folder / "nginx.conf")
        if "[warn]" in said and os.geteuid() == 0:
            raise Refused(said)


def unit(root):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "sid-cds.service"
        text = read(root, "deploy/systemd/sid-cds.service")
        # The program is not installed on the machine of a test.
        copy.write_text(text.replace("=/usr/local/bin/sid-cds ", "=/bin/true "))
        # A key that is not known is only said.
        run("systemd-analyze", "verify", "--man=no", copy, quiet=True)
        # What a fault in the program could reach, 0 to 100.
        run("systemd-analyze", "security", "--offline=yes", "--threshold=15", copy)


# Each check, and edits that it refuses: file, text, and what stands there instead.
CHECKS = [
    (lint, [
        (f"{CHART}/Chart.yaml", "version: 0.1.0", "version: first"),
        (f"{CHART}/templates/service.yaml", "{{ .Values.service.port }}", "{{ .Values.service.port"),
        (f"{CHART}/values.yaml", "replicas: 2", "replicas: [2"),
    ]),
    (chart, [
        (f"{CHART}/templates/deployment.yaml", "runAsNonRoot: true", "runAsNonRoot: yes please"),
        (f"{CHART}/templates/deployment.yaml", "livenessProbe:", "livenesProbe:"),
        (f"{CHART}/templates/deployment.yaml", "containerPort: 8080", "containerPort: http"),
        (f"{CHART}/templates/scaling.yaml", "autoscaling/v2", "autoscaling/v2beta2"),
        (f"{CHART}/templates/ingress.yaml", "pathType: Prefix", "pathtype: Prefix"),
        (f"{CHART}/templates/networkpolicy.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: Both"),
        (f"{CHART}/templates/servicemonitor.yaml", "jobLabel: app.kubernetes.io/name\n", "\n"),
        (f"{CHART}/templates/servicemonitor.yaml", "port: metrics", "port: metric"),
        (f"{CHART}/templates/servicemonitor.yaml", "interval:", "intervall:"),
        (f"{CHART}/values.yaml", "cpu: 100m", "cpu: { of: 100m }"),
    ]),
    (full_values, [
        (FULL, "filesSecret: sid-cds-files\n", ""),
        (FULL, "existingSecret:", "existingSecrets:"),
    ]),
    (jobs, [
        ("docs/scale.md", "completionMode: Indexed", "completionMode: [Indexed]"),
        ("docs/scale.md", "mountPath: /export", "mountpath: /export"),
        ("docs/scale.md", "          args:", '          command: ["/bin/sh"]\n          args:'),
    ]),
    (container, [
        ("deploy/container/Containerfile", "FROM rust:1.95-bookworm AS build", "FROM rust AS build"),
        ("deploy/container/Containerfile", "WORKDIR /src", "WORKDIR src"),
    ]),
    (compose, [
        ("deploy/compose/compose.yaml", "read_only: true", "readonly: true"),
        ("deploy/compose/compose.yaml", "cap_drop: [ALL]", "cap_drop: ALL"),
    ]),
    (rules, [
        (ALERTS, "expr: sid_cds_ready == 0", "expr: sid_cds_ready =="),
        (ALERTS, "for: 2m", "for: two minutes"),
        (ALERTS, 'up{job="sid-cds"} == 0', 'up{job="sid-cds"} == 2'),
        (ALERTS, "sid_cds_canaries_failing > 0", "sid_cds_canaries_failing > 1"),
        ("deploy/compose/prometheus.yml", "scrape_configs:", "scrape_config:"),
    ]),
    (proxy, [
        ("deploy/nginx/sid-cds.conf", "proxy_http_version 1.1;", "proxy_http_version 1.1"),
        ("deploy/nginx/sid-cds.conf", "client_max_body_size 8m;", "client_max_body 8m;"),
        ("deploy/nginx/sid-cds.conf", "proxy_pass http://sid_cds;", "proxy_pass http://$nowhere;"),
    ]),
    (unit, [
        ("deploy/systemd/sid-cds.service", "ProtectHome=yes", "ProtecHome=yes"),
        ("deploy/systemd/sid-cds.service", "SystemCallFilter=~@privileged @resources\n", ""),
        ("deploy/systemd/sid-cds.service", "RestrictNamespaces=yes\nRestrictRealtime=yes\n", ""),
    ]),
]  # fmt: skip


def main():
    here = pathlib.Path.cwd()
    wrong = []
    for check, edits in CHECKS:
        name = check.__name__
        try:
            check(here)
        except Refused as error:
            wrong.append(f"{name}: {error}")
            continue
        for path, old, new in edits:
            with tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(folder)
                shutil.copytree(here / "deploy", copy / "deploy")
                shutil.copytree(here / "tests/deploy", copy / "tests/deploy")
                (copy / "docs").mkdir()
                shutil.copy(here / "docs/scale.md", copy / "docs")
                text = read(copy, path)
                if old not in text:
                    wrong.append(f"{name}: {path} has no {old!r}")
                    continue
                (copy / path).write_text(text.replace(old, new))
                try:
                    check(copy)
                except Refused as error:
                    if os.environ.get("SHOW"):
                        print(f"  {path}: {new!r}: {str(error).splitlines()[-1:]}")
                else:
                    wrong.append(f"{name}: {path} with {new!r} is not refused")
        print(f"deploy: {name}: fits, and {len(edits)} broken copies are refused")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
