#!/usr/bin/env python3
"""How long a post takes from its arrival to the page, and what that costs: latency.py REPRISE [--seconds 60] [--rate 250]

Starts `reprise simulate` without lookups, so that no post is ever edited and the page's count only grows, and `reprise run` on it;
reads the page's server-sent events as a browser would, and afterwards compares the moment at which each count was seen with the
arrivals in the journal. What is said of CPU and memory is `run`'s alone. With strace installed a second run measures arrival to sync: from each
write of a delivery into the tail to the end of the next fdatasync of it. Prints one JSON object.
"""
import argparse, json, os, re, signal, subprocess, sys, tempfile, threading, time, urllib.request

a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument('reprise'); a.add_argument('--seconds', type=float, default=60); a.add_argument('--rate', type=int, default=250)
a = a.parse_args()


def launch(command, **environment):
    p = subprocess.Popen([*command, '--port', '0', '--log-level', 'warning'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, start_new_session=True, env=os.environ | environment)
    return p, p.stdout.readline().strip()


def start(journal, prefix=()):
    return launch([*prefix, a.reprise, 'run', '--journal', journal], X_API_URL=x, BEARER_TOKEN='x')


def stop(p):
    os.killpg(p.pid, signal.SIGTERM)
    p.wait(timeout=20)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def page(journal):
    p, url = start(journal)
    seen = []

    def listen():
        try:
            for line in urllib.request.urlopen(url + '/events', timeout=a.seconds + 30):
                if line.startswith(b'data: '): seen.append((time.time(), json.loads(line[6:])['total']))
        except Exception as error:
            if not stopped: print('events:', error, file=sys.stderr)

    stopped = False
    t = threading.Thread(target=listen, daemon=True); t.start()
    time.sleep(2)
    ticks = os.sysconf('SC_CLK_TCK')
    cpu = lambda: sum(int(x) for x in open(f'/proc/{p.pid}/stat').read().rsplit(') ', 1)[1].split()[11:13]) / ticks
    c0, t0 = cpu(), time.monotonic()
    time.sleep(a.seconds)
    share = (cpu() - c0) / (time.monotonic() - t0)
    rss = int(re.search(r'VmHWM:\s+(\d+)', open(f'/proc/{p.pid}/status').read())[1]) / 1024
    stopped = True
    stop(p); t.join(timeout=5)
    cat = [a.reprise, 'journal', 'cat', '--source', 'filtered', '--times', '--journal', journal]
    lines = subprocess.run(cat, capture_output=True, check=True).stdout
    from datetime import datetime
    arrivals = [datetime.fromisoformat(l.split(b'\t', 1)[0].decode().replace('Z', '+00:00')).timestamp() for l in lines.splitlines()]
    latencies, n = [], 0
    for when, total in seen:
        while n < total and n < len(arrivals):
            latencies.append(when - arrivals[n]); n += 1
    return {'posts': len(latencies), 'to_page_p50_ms': percentile(latencies, .5) * 1e3, 'to_page_p99_ms': percentile(latencies, .99) * 1e3,
            'to_page_max_ms': max(latencies) * 1e3, 'cpu_share': share, 'peak_mib': rss}


def sync(journal, log):
    p, _ = start(journal, ('strace', '-f', '-qq', '-ttt', '-T', '-y', '-e', 'trace=pwritev,fdatasync', '-o', log))
    time.sleep(min(a.seconds, 20))
    stop(p)
    waiting, latencies, begun = [], [], {}
    for line in open(log):
        m = re.match(r'(\d+) +([\d.]+) (.*)', line)
        if not m: continue
        thread, at, call = m[1], float(m[2]), m[3]
        took = re.search(r'<([\d.]+)>$', call)
        if call.startswith('pwritev(') and '/tail>' in call: waiting.append(at)
        elif call.startswith('fdatasync(') and '/tail>' in call:
            if took:
                end = at + float(took[1])
                latencies += [end - w for w in waiting if w <= at]; waiting = [w for w in waiting if w > at]
            else: begun[thread] = at
        elif 'fdatasync resumed' in call and thread in begun:
            since = begun.pop(thread)
            latencies += [at - w for w in waiting if w <= since]; waiting = [w for w in waiting if w > since]
    return {'deliveries': len(latencies), 'to_sync_p50_ms': percentile(latencies, .5) * 1e3, 'to_sync_p99_ms': percentile(latencies, .99) * 1e3}


simulator, x = launch([a.reprise, 'simulate', '--rate', str(a.rate)])
try:
    with tempfile.TemporaryDirectory(prefix='reprise-latency-') as tmp:
        result = {'rate': a.rate, 'seconds': a.seconds, **page(tmp + '/a')}
        if subprocess.run(['sh', '-c', 'command -v strace'], capture_output=True).returncode == 0:
            result.update(sync(tmp + '/b', tmp + '/strace'))
        print(json.dumps(result, indent=1))
finally:
    stop(simulator)
