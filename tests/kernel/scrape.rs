//! A real Prometheus reads the metrics, whichever of the two formats it is told that
//! they are; and a real node_exporter reads the file of them.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::director::{ipvsadm, place, restore};
use crate::metrics::of_prometheus;
use crate::net::wait_up_to;
use crate::support::{TIMEOUT, finish};

/// Serves the file of its first word under a path for each format.
const SERVER: &str = r"
import http.server, sys
KINDS = {'/text': 'text/plain; version=0.0.4',
         '/openmetrics': 'application/openmetrics-text; version=1.0.0; charset=utf-8'}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', KINDS[self.path])
        self.end_headers()
        self.wfile.write(open(sys.argv[1], 'rb').read())
http.server.HTTPServer(('127.0.0.1', 9110), Handler).serve_forever()
";

const CONFIGURATION: &str = "\
global: {scrape_interval: 1s}
scrape_configs:
- {job_name: text, metrics_path: /text, static_configs: [{targets: ['127.0.0.1:9110']}]}
- {job_name: openmetrics, metrics_path: /openmetrics, static_configs: [{targets: ['127.0.0.1:9110']}]}
";

/// A program that ends with the test.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What Prometheus answers; nothing while it does not.
fn asked(path: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-g", "-m", "10"]);
    curl.arg(format!("http://127.0.0.1:9090/api/v1/{path}"));
    finish(curl, b"", TIMEOUT).stdout
}

#[test]
fn prometheus_reads_both_formats_with_types_and_help() {
    let place = place();
    restore("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 7\n-A -f 7 -6\n");
    let file = place.folder().join("ipvs.prom");
    ipvsadm(&format!("-L --openmetrics --output {}", file.display()));
    let configuration = place.folder().join("prometheus.yml");
    fs::write(&configuration, CONFIGURATION).unwrap();

    let mut server = Command::new("python3");
    server.args(["-c", SERVER]).arg(&file);
    let _server = Running::start(server);
    let mut prometheus = of_prometheus("prometheus");
    prometheus
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            place.folder().join("data").display()
        ))
        .arg("--web.listen-address=127.0.0.1:9090");
    let _prometheus = Running::start(prometheus);

    wait_up_to(Duration::from_secs(120), "Prometheus has both", || {
        let answer = asked("query?query=ipvs_server_weight");
        ["text", "openmetrics"].iter().all(|job| {
            let job = format!("\"job\":\"{job}\"");
            answer.contains(&job) && answer.contains("\"server_address\":\"10.1.0.2\"")
        })
    });
    let metadata = asked("targets/metadata?metric=ipvs_server_connections_total");
    let known =
        "\"type\":\"counter\",\"help\":\"Connections scheduled, of a server in a service.\"";
    assert_eq!(metadata.matches(known).count(), 2, "{metadata}");
}

#[test]
fn node_exporter_exports_all_that_the_file_has() {
    let place = place();
    restore(
        "-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 7\n-A -t [fd00::1]:80\n-A -f 7 -6\n",
    );
    let folder = place.folder().join("textfiles");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("ipvs.prom");
    ipvsadm(&format!("-L --openmetrics --output {}", file.display()));
    let written = fs::read_to_string(&file).unwrap();

    let mut exporter = of_prometheus("prometheus-node-exporter");
    exporter
        .args(["--collector.disable-defaults", "--collector.textfile"])
        .arg(format!(
            "--collector.textfile.directory={}",
            folder.display()
        ))
        .arg("--web.listen-address=127.0.0.1:9100");
    let _exporter = Running::start(exporter);
    let exported = || {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-m", "10", "http://127.0.0.1:9100/metrics"]);
        finish(curl, b"", TIMEOUT).stdout
    };
    wait_up_to(Duration::from_secs(60), "node_exporter answers", || {
        exported().contains("node_textfile_scrape_error")
    });
    let exported = exported();
    assert!(
        exported.contains("\nnode_textfile_scrape_error 0\n"),
        "{exported}"
    );
    // It writes labels in order of their names and large numbers its own way, and leaves
    // out metrics without samples.
    let types = |text: &str| {
        let of_ipvs = text.lines().filter(|line| line.starts_with("# TYPE ipvs_"));
        let with_samples = of_ipvs.filter(|line| {
            let name = line.split(' ').nth(2).unwrap();
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
            lines.any(|rest| rest.starts_with([' ', '{']))
        });
        with_samples.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(types(&exported), types(&written));
    let samples = |text: &str| {
        let samples = text.lines().filter(|line| line.starts_with("ipvs_"));
        samples.count()
    };
    assert_eq!(samples(&exported), samples(&written), "{exported}");
    assert!(
        exported.lines().any(|line| {
            line.starts_with("ipvs_server_weight{")
                && line.contains("\"10.1.0.2\"")
                && line.ends_with("} 7")
        }),
        "{exported}"
    );
}
