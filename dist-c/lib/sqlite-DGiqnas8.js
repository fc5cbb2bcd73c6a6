import { a as describeError, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as isMisplaced, i as isDiskFull, r as fileErrorWords, t as makeFolder } from "./folders-B2Ho0hJC.js";
import { dirname } from "node:path";
import { accessSync, closeSync, constants, openSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
// src/ledger/alerts.ts
/**
* Tables of the alerts. A ledger of before there were books has alerts that wait and no account of them: it begins with these.
*/
const ALERTS_SCHEMA = `
create table if not exists alert_keys (key text primary key, at integer not null) without rowid;
create index if not exists alert_keys_by_time on alert_keys (at);
create table if not exists alerts (
  id integer not null,
  notifier text not null,
  body text not null,
  primary key (notifier, id)
) without rowid;
create table if not exists refused_alerts (
  id integer primary key,
  notifier text not null,
  body text not null,
  code text not null,
  reason text not null,
  at integer not null
);
create index if not exists refused_alerts_by_notifier on refused_alerts (notifier);
create table if not exists alert_books (
  notifier text primary key,
  raised integer not null default 0,
  told integer not null default 0,
  late integer not null default 0,
  repeated integer not null default 0,
  last_told integer
) without rowid;
insert or ignore into alert_books (notifier, raised) select notifier, count(*) from alerts group by notifier;
`;
/** The alerts' part of a ledger. `scrub` takes secrets out of what others said, before it is kept. */
function alertLedger({ sql, transaction, reading }, scrub) {
	const newId = () => sql("select coalesce(max(id), 0) + 1 as id from alerts").get()?.id;
	const remove = (id, notifier) => sql("delete from alerts where id = ? and notifier = ?").run(id, notifier).changes === 1;
	const queue = (notifiers, body) => {
		const id = newId();
		for (const notifier of notifiers) sql("insert into alerts values (?, ?, ?)").run(id, notifier, body);
	};
	const isNew = (key) => sql("select 1 from alert_keys where key = ?").get(key) === void 0;
	const raise = ({ alert, late }, notifiers) => {
		const outcome = !isNew(alert.key) ? "repeated" : late ? "late" : "queued";
		for (const notifier of notifiers) sql("update alert_books set raised = raised + 1, late = late + ?, repeated = repeated + ? where notifier = ?").run(outcome === "late" ? 1 : 0, outcome === "repeated" ? 1 : 0, notifier);
		if (outcome === "queued") {
			sql("insert into alert_keys values (?, ?)").run(alert.key, Date.now());
			queue(notifiers, JSON.stringify(alert));
		}
		return outcome;
	};
	return {
		raise: (raised, notifiers) => transaction(() => {
			for (const notifier of notifiers) sql("insert or ignore into alert_books (notifier) values (?)").run(notifier);
			return raised.map((one) => raise(one, notifiers));
		}),
		waiting: (notifier, limit, except = []) => reading(() => sql("select id, body from alerts where notifier = ? and id not in (select value from json_each(?)) order by id limit ?").all(notifier, JSON.stringify(except), limit)).map(alertIn),
		queued: (id, notifier) => {
			const row = reading(() => sql("select id, body from alerts where id = ? and notifier = ?").get(id, notifier));
			return row === void 0 ? void 0 : alertIn(row);
		},
		settle: (id, notifier) => transaction(() => {
			if (!remove(id, notifier)) return;
			sql("update alert_books set told = told + 1, last_told = ? where notifier = ?").run(Date.now(), notifier);
		}),
		refuse: (id, notifier, code, reason) => transaction(() => {
			sql(`insert into refused_alerts (notifier, body, code, reason, at)
           select notifier, body, ?, ?, ? from alerts where id = ? and notifier = ?`).run(code, scrub(reason), Date.now(), id, notifier);
			remove(id, notifier);
		}),
		refused: (notifier, limit) => reading(() => sql("select id, body, code, reason, at from refused_alerts where notifier = ? order by id limit ?").all(notifier, limit)).map(alertIn),
		refusedSinceTold: (notifier) => reading(() => sql(`select count(*) as n from refused_alerts r join alert_books b on b.notifier = r.notifier
           where r.notifier = ? and r.at > coalesce(b.last_told, -1)`).get(notifier))?.n,
		requeue: (notifier) => transaction(() => {
			const refused = sql("select body from refused_alerts where notifier = ? order by id").all(notifier);
			for (const { body } of refused) queue([notifier], body);
			sql("delete from refused_alerts where notifier = ?").run(notifier);
			return refused.length;
		}),
		books: () => reading(() => sql(`select notifier, raised, told, late, repeated, last_told as lastTold,
           (select count(*) from alerts where alerts.notifier = alert_books.notifier) as waiting,
           (select count(*) from refused_alerts where refused_alerts.notifier = alert_books.notifier) as refused
           from alert_books order by notifier`).all()).map(({ lastTold, ...rest }) => ({
			...rest,
			lastTold: lastTold ?? void 0
		})),
		forget: (before) => void transaction(() => sql("delete from alert_keys where at < ?").run(before))
	};
}
function alertIn({ body, ...rest }) {
	return {
		...rest,
		alert: JSON.parse(body)
	};
}
// src/ledger/catalogue.ts
const OBJECT = "o.id, s.name as source, o.key, o.etag, o.size, o.time, o.records";
const OF_SOURCE = "join sources s on s.id = o.source";
const PARKED = `p.attempts, p.since, p.next_at, p.drawer, p.code, p.reason, ${OBJECT}`;
/** What was discovered, who waits for it, and what cannot be read now. */
function catalogueOf({ sql, transaction, reading }, note, scrub) {
	let participants = "[]";
	const parkedRows = (tail, ...values) => reading(() => sql(`select ${PARKED} from parked p join objects o on o.id = p.object ${OF_SOURCE} ${tail}`).all(...values)).map(toParked);
	const of = ({ name, store }, source) => ({
		name,
		store,
		seen: {
			mark: (partition) => reading(() => sql("select mark from partitions where source = ? and partition = ? and mark is not null").get(source, partition))?.mark,
			partitions: () => reading(() => sql("select partition from partitions where source = ? and mark is not null order by partition").all(source)).map((row) => row.partition),
			unseen: (page) => reading(() => sql(`select key as place from json_each(?) where not exists
             (select 1 from objects where source = ? and objects.key = value ->> 0 and etag = value ->> 1)`).all(JSON.stringify(page.map(({ key, etag }) => [key, etag])), source)).map(({ place }) => page[place])
		},
		discover: ({ partition, objects, mark, forgetBefore }) => transaction(() => {
			let added = 0;
			for (const { order, key, etag, size, time } of objects) {
				const result = sql("insert or ignore into objects (source, partition, ord, key, etag, size, time) values (?, ?, ?, ?, ?, ?, ?)").run(source, partition, order, key, etag, size, Math.round(time));
				if (result.changes === 0) continue;
				sql("insert into pending (sink, source, object) select id, ?, ? from sinks where name in (select value from json_each(?))").run(source, result.lastInsertRowid, participants);
				added += 1;
			}
			sql(`insert into partitions values (?1, ?2, ?3, ?4) on conflict do update
           set mark = coalesce(excluded.mark, mark), horizon = coalesce(excluded.horizon, horizon)`).run(source, partition, mark ?? null, forgetBefore ?? null);
			if (forgetBefore !== void 0) sql(`delete from objects where source = ? and partition = ? and ord < ?
             and not exists (select 1 from pending where pending.object = objects.id)
             and not exists (select 1 from parked where parked.object = objects.id)`).run(source, partition, forgetBefore);
			return added;
		}),
		withdraw: (objects) => transaction(() => {
			const ids = [];
			for (const { key, etag } of objects) {
				const id = sql("select id from objects where source = ? and key = ? and etag = ?").get(source, key, etag)?.id;
				if (id === void 0) continue;
				for (const table of ["pending", "parked"]) sql(`delete from ${table} where object = ?`).run(id);
				sql("delete from objects where id = ?").run(id);
				ids.push(id);
			}
			return ids;
		}),
		pending: (sink, { after, through, limit }) => reading(() => sql(`select ${OBJECT} from pending p join objects o on o.id = p.object ${OF_SOURCE}
           where p.sink = (select id from sinks where name = ?) and p.source = ? and p.object > ? and p.object <= ?
           and not exists (select 1 from parked where parked.object = p.object) order by p.object limit ?`).all(sink, source, after, through, limit)).map(toObject),
		discovered: (after, limit) => reading(() => sql(`select ${OBJECT} from objects o ${OF_SOURCE} where o.source = ? and o.id > ?
           and not exists (select 1 from parked where parked.object = o.id) order by o.id limit ?`).all(source, after, limit)).map(toObject),
		holds: (count, after) => reading(() => sql("select 1 from objects where source = ? and id > ? order by id limit 1 offset ?").get(source, after, count - 1)) !== void 0,
		lastId: () => reading(() => sql("select seq from sqlite_sequence where name = 'objects'").get())?.seq ?? 0,
		unpark: (id) => void transaction(() => sql("delete from parked where object = ?").run(id)),
		park: (id, { attempts, nextAt, drawer, code, reason }) => void transaction(() => sql(`insert into parked (object, source, attempts, since, next_at, drawer, code, reason) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set attempts = excluded.attempts,
           next_at = excluded.next_at, drawer = excluded.drawer, code = excluded.code, reason = excluded.reason`).run(id, source, attempts, Date.now(), Math.round(nextAt), drawer, code, scrub(reason))),
		due: (now, limit) => parkedRows("where p.source = ? and p.next_at <= ? order by p.next_at limit ?", source, now, limit),
		nextDue: () => reading(() => sql("select min(next_at) as at from parked where source = ?").get(source))?.at ?? void 0,
		parkedObject: (id) => parkedRows("where p.object = ?", id)[0],
		countParked: () => reading(() => sql("select count(*) as n from parked where source = ?").get(source))?.n,
		wakeParked: (ids) => void transaction(() => ids === void 0 ? sql("update parked set next_at = 0 where source = ?").run(source) : sql("update parked set next_at = 0 where source = ? and object in (select value from json_each(?))").run(source, JSON.stringify(ids))),
		newest: () => reading(() => sql(`select ${OBJECT} from objects o ${OF_SOURCE} where o.source = ? order by o.id desc limit 1`).all(source)).map(toObject).at(0),
		note: (kind, key, message) => transaction(() => note(source, kind, key, message, 1))
	});
	return {
		of,
		register(names) {
			participants = JSON.stringify(names);
			return transaction(() => names.filter((name) => sql("insert or ignore into sinks (name) values (?)").run(name).changes === 1));
		},
		parked: (limit) => parkedRows("order by p.object limit ?", limit),
		parkedFor: (sink, limit) => reading(() => sql(`select k.name as sink, w.position, ${PARKED} from parked p join objects o on o.id = p.object ${OF_SOURCE}
           join pending w on w.object = p.object join sinks k on k.id = w.sink
           where ?1 is null or k.name = ?1 order by p.object, k.name limit ?2`).all(sink ?? null, limit)).map(({ sink: name, position, ...row }) => ({
			...toParked(row),
			sink: name,
			position
		})),
		countParked: () => reading(() => sql("select count(*) as n from parked").get())?.n
	};
}
function toObject(row) {
	return {
		...row,
		records: row.records ?? void 0
	};
}
function toParked(row) {
	const { attempts, since, next_at: nextAt, drawer, code, reason, ...object } = row;
	return {
		object: toObject(object),
		attempts,
		since,
		nextAt,
		drawer,
		code,
		reason
	};
}
// src/ledger/failures.ts
function isSqliteError(error) {
	return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}
/** Another connection holds what was asked for. */
function isBusy(error) {
	return isSqliteError(error) && [BUSY, LOCKED].includes(primary(error.errcode));
}
/** The file holds something that is no database. */
function isNoDatabase(error) {
	return isSqliteError(error) && primary(error.errcode) === NOTADB;
}
/** Runs what reads or writes a ledger; what SQLite throws comes out sorted, anything else as it is. */
function onLedger(path, work) {
	try {
		return work();
	} catch (error) {
		throw isSqliteError(error) ? ledgerFailure(path, error) : error;
	}
}
/** The failure of a ledger: always this worker's own, never the bucket's or a receiver's. */
function ledgerFailure(path, error) {
	if (error instanceof Failure) return error;
	const [code, words] = isSqliteError(error) ? sort(error) : ["ledger-failed", describeError(error)];
	return new Failure("worker", code, `ledger ${path}: ${words}`, { cause: error });
}
/** The file that a worker has open is no longer the one at its path. */
function replaced(path, file, cause) {
	return new Failure("worker", "ledger-replaced", `ledger ${path}: ${file === path ? "its file" : file} was removed or replaced while this worker had it open: put it back, or restart the worker to begin with what is there`, { cause });
}
const BUSY = 5;
const LOCKED = 6;
const NOTADB = 26;
const IOERR_NOMEM = 3082;
const READONLY_DBMOVED = 1032;
/** The lower byte of an extended result code. */
function primary(errcode) {
	return errcode & 255;
}
/** The messages hold SQLite's own, so that it is not said again as their cause. */
function sort({ errcode, message }) {
	if (errcode === IOERR_NOMEM) return ["ledger-memory", `there is no memory left for it (${message})`];
	if (errcode === READONLY_DBMOVED) return ["ledger-replaced", `its file was moved while this worker had it open (${message}): put it back, or restart the worker`];
	switch (primary(errcode)) {
		case 13: return ["ledger-disk-full", `no room for it (${message}): make room on its disk`];
		case 10: {
			const doing = IO_ERRORS[errcode >> 8];
			return ["ledger-io", `${message}${doing === void 0 ? "" : ` while ${doing}`}: check its disk, quotas and limits on the size of files`];
		}
		case 8: return ["ledger-read-only", `it cannot be written (${message}): its file, its folder or the disk is read-only`];
		case BUSY:
		case LOCKED: return ["ledger-busy", `another program holds its lock (${message}): close what has it open`];
		case 11: return ["ledger-corrupt", `it is damaged (${message}): stop the worker and restore the file, or move it away to begin anew`];
		case NOTADB: return ["ledger-unreadable", `the ${message}: correct ledger.path, or move the file away to begin anew`];
		case 14: return ["ledger-unreadable", `it cannot be opened (${message}): check that its folder is there and may be written, and how many files this process may open`];
		case 7: return ["ledger-memory", `there is no memory left for it (${message})`];
		default: return ["ledger-failed", message];
	}
}
/** By the upper part of SQLITE_IOERR_…. */
const IO_ERRORS = {
	1: "reading",
	2: "reading",
	3: "writing",
	4: "syncing",
	5: "syncing",
	6: "truncating",
	15: "locking",
	18: "sharing memory",
	19: "sharing memory",
	20: "sharing memory",
	21: "sharing memory"
};
// src/ledger/private-file.ts
/**
* Sees to it that `file` is there and can be read and written; a new one is empty, and this user's alone. SQLite gives the files that it
* puts beside it (-wal, -shm) the same rights. To be called before SQLite opens the file: a file of this process that is closed
* takes the locks with it that the process holds on it.
*/
function preparePrivateFile(path, file) {
	if (isThere(path, file)) onFiles(path, () => accessSync(file, constants.R_OK | constants.W_OK));
	else onFiles(path, () => closeSync(openSync(file, "a", 384)));
}
/** Whether there is a file; what is there and can be none of a ledger's is refused. */
function isThere(path, file) {
	const found = onFiles(path, () => statSync(file, { throwIfNoEntry: false }));
	if (found === void 0 || found.isFile()) return found !== void 0;
	throw unusable(path, `${nameOf(path, file)}it is ${found.isDirectory() ? "a folder" : "no ordinary file"}`);
}
/** Runs what prepares the files of a ledger, and names the ledger in what the file system refuses. */
function onFiles(path, work) {
	try {
		return work();
	} catch (error) {
		if (error instanceof Error && "syscall" in error) throw refusalOf(path, error);
		throw error;
	}
}
/** Device and inode of the file at a path, also behind symbolic links; undefined when there is none. */
function identityOf(file) {
	const found = statSync(file, {
		throwIfNoEntry: false,
		bigint: true
	});
	return found && `${found.dev}:${found.ino}`;
}
function unusable(path, reason, cause) {
	return new UsageError("ledger-unusable", `cannot use ledger ${path}: ${reason}; correct ledger.path, or what is there`, { cause });
}
function refusalOf(path, error) {
	const reason = `${nameOf(path, "path" in error ? String(error.path) : path)}${fileErrorWords(error)}`;
	if (isMisplaced(error)) return unusable(path, reason, error);
	return new Failure("worker", isDiskFull(error) ? "ledger-disk-full" : "ledger-io", `ledger ${path}: ${reason}`, { cause: error });
}
/** The file for a message that begins with the ledger's path, which is not said twice. */
function nameOf(path, file) {
	return file === path ? "" : `${file}: `;
}
// src/ledger/lock.ts
/** How long a look at the lock may keep its holder-to-be waiting, in ms. */
const PATIENCE_MS = 250;
/** Where the lock of the ledger in `file` lies. */
function lockPathOf(file) {
	return `${file}.lock`;
}
/**
* Holds the lock file at `lockPath` for as long as the process lives; undefined when another process holds it. The operating system drops
* the lock with the process, however it ends. `path` is the ledger, for messages.
*/
function takeLock(path, lockPath) {
	for (;;) {
		preparePrivateFile(path, lockPath);
		const before = identityOf(lockPath);
		const db = onLedger(path, () => open(path, lockPath));
		if (db === void 0) return void 0;
		const identity = identityOf(lockPath);
		if (identity !== void 0 && identity === before) return {
			identity,
			release: () => db.close()
		};
		db.close();
	}
}
/** Whether somebody holds the lock now. What cannot be asked may be held. */
function isLocked(lockPath) {
	try {
		const db = new DatabaseSync(lockPath, { readOnly: true });
		try {
			db.prepare("select count(*) from sqlite_schema").get();
			return false;
		} finally {
			db.close();
		}
	} catch {
		return true;
	}
}
function ledgerInUse(path, owner, cause) {
	return new UsageError("ledger-locked", `ledger ${path} is in use by ${owner ?? "another worker"}: stop that one first, or give this one a ledger of its own (ledger.path)`, { cause });
}
function open(path, lockPath) {
	const db = new DatabaseSync(lockPath, { timeout: PATIENCE_MS });
	try {
		db.exec("pragma journal_mode = memory; begin exclusive");
		return db;
	} catch (error) {
		db.close();
		if (isBusy(error)) return void 0;
		throw isNoDatabase(error) ? unusable(path, `${lockPath} is no lock of this program: remove it`, error) : error;
	}
}
// src/ledger/transaction.ts
/**
* Runs `work` as one transaction: all of it is in the ledger when the call returns, nothing of it when it throws, and the next
* call starts afresh, whatever the failure was. What SQLite throws comes out sorted; nothing is written into a file that was replaced.
* Transactions do not nest.
*/
function transactionOn({ path, db, check }) {
	return (work) => onLedger(path, () => {
		check();
		db.exec("begin immediate");
		try {
			const result = work();
			db.exec("commit");
			return result;
		} catch (error) {
			if (db.isTransaction) db.exec("rollback");
			throw error;
		}
	});
}
// src/ledger/file.ts
/** How long a statement waits for another program's lock, in ms. The event loop stands still meanwhile. */
const BUSY_MS = 500;
/** How long those that read the ledger may take to finish, in ms. */
const READERS_MS = 1e3;
/** What SQLite keeps beside a database. */
const BESIDE = [
	"-wal",
	"-shm",
	"-journal"
];
/**
* Opens the ledger's file for the one worker that writes it, and makes what is missing. Throws UsageError when another worker has it, or
* when the path cannot hold a ledger; each message is one line that names the file.
*
* A worker is known to be alive by the lock file, whose identity is written into the ledger with the owner's name: who holds the lock on
* that very file knows that the owner is gone. If the lock file was removed or replaced since, the owner may be alive; then the ledger
* is taken only when nobody at all has it open.
*/
function openLedgerFile(path) {
	if (path === ":memory:") return inMemory();
	onFiles(path, () => makeFolder(dirname(path)));
	preparePrivateFile(path, path);
	const file = onFiles(path, () => realpathSync(path));
	onFiles(path, () => accessSync(dirname(file), constants.W_OK | constants.X_OK));
	for (const beside of BESIDE) isThere(path, `${file}${beside}`);
	const lock = takeLock(path, lockPathOf(file));
	if (lock === void 0) throw ledgerInUse(path, ownerAt(path));
	try {
		return opened(path, file, lock);
	} catch (error) {
		lock.release();
		throw error;
	}
}
/** Opens a ledger that a worker may be writing at this moment, to read it. */
function openLedgerToRead(path) {
	if (!isThere(path, path)) throw missing(path);
	onFiles(path, () => accessSync(path, constants.R_OK));
	return onLedger(path, () => connect(path, {
		readOnly: true,
		timeout: READERS_MS
	}, (db) => {
		if (!hasTables(db, path)) throw missing(path);
	}));
}
/** Who has the ledger now; undefined when nobody runs on it, also where a worker was killed. */
function ownerOf(db) {
	const { owner, lock } = readClaim(db);
	const file = db.location();
	if (owner === void 0 || file === null) return void 0;
	const lockPath = lockPathOf(file);
	return identityOf(lockPath) === lock && !isLocked(lockPath) ? void 0 : owner;
}
function inMemory() {
	const db = new DatabaseSync(":memory:");
	return {
		path: ":memory:",
		db,
		check: () => {},
		release: () => db.close()
	};
}
function opened(path, file, lock) {
	const before = identityOf(path);
	const db = onLedger(path, () => claimed(path, file, lock));
	const watched = [[path, before], [`${file}-wal`, identityOf(`${file}-wal`)]];
	const check = () => {
		for (const [name, identity] of watched) if (onFiles(path, () => identityOf(name)) !== identity) throw replaced(path, name);
	};
	const release = () => {
		try {
			onLedger(path, () => db.exec("delete from meta where name = 'owner'"));
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
		} finally {
			db.close();
			lock.release();
		}
	};
	try {
		check();
	} catch (error) {
		release();
		throw error;
	}
	return {
		path,
		db,
		check,
		release
	};
}
/** A connection whose ledger names this process as its owner. */
function claimed(path, file, lock) {
	for (;;) {
		let doubtful;
		const db = connect(file, { timeout: BUSY_MS }, (db) => {
			hasTables(db, path);
			db.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma temp_store = memory");
			db.exec("pragma wal_autocheckpoint = 250");
			doubtful = transactionOn({
				path,
				db,
				check: () => {}
			})(() => claim(db, lock));
		});
		if (doubtful === void 0) return db;
		db.close();
		evict(path, file, doubtful);
	}
}
/** Writes this process into the ledger as its owner, unless another one may be alive: then returns that one's name. */
function claim(db, lock) {
	db.exec("create table if not exists meta (name text primary key, value text not null) without rowid");
	const claimed = readClaim(db);
	if (claimed.owner !== void 0 && claimed.lock !== lock.identity) return claimed.owner;
	const set = db.prepare("insert into meta values (?, ?) on conflict do update set value = excluded.value");
	set.run("owner", `process ${process.pid} on ${hostname()}, started ${(/* @__PURE__ */ new Date()).toISOString()}`);
	set.run("lock", lock.identity);
}
/** Takes the name of an owner away that is gone; throws when anybody has the ledger open. */
function evict(path, file, owner) {
	const db = new DatabaseSync(file, { timeout: READERS_MS });
	try {
		db.exec("pragma locking_mode = exclusive; begin exclusive; delete from meta where name = 'owner'; commit");
	} catch (error) {
		if (!isBusy(error)) throw error;
		throw new UsageError("ledger-locked", `ledger ${path} is open elsewhere, and its lock file was removed while ${owner} had it: stop that one, and close what reads the ledger`, { cause: error });
	} finally {
		db.close();
	}
}
function readClaim(db) {
	const value = db.prepare("select value from meta where name = ?");
	const get = (name) => value.get(name)?.value;
	return {
		owner: get("owner"),
		lock: get("lock")
	};
}
/** The owner's name as far as it can be read, for a message. */
function ownerAt(path) {
	return onLedger(path, () => {
		const db = connect(path, {
			readOnly: true,
			timeout: READERS_MS
		}, () => {});
		try {
			return hasTables(db, path) ? readClaim(db).owner : void 0;
		} finally {
			db.close();
		}
	});
}
/** A connection that `prepare` found no fault with. */
function connect(file, options, prepare) {
	const db = new DatabaseSync(file, options);
	try {
		prepare(db);
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}
/** Whether the ledger has its tables; refuses a database of another program. */
function hasTables(db, path) {
	const names = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").all();
	if (names.length > 0 && !names.some(({ name }) => name === "meta")) throw unusable(path, "it is a database of another program");
	return names.length > 0;
}
function missing(path) {
	return new UsageError("ledger-missing", `there is no ledger at ${path}: nothing has run with this configuration yet`);
}
// src/contracts/ledger.ts
/** The code of a letter to an object of which it is not known what became of some records. */
const UNBALANCED = "unbalanced";
/** The code of a letter that stands for bad records in many places of an object. */
const MANY_BAD = "many-bad-records";
// src/ledger/places.ts
/** Which of the records that a dead letter spans it counts; one without rows here counts all of them, or does not say which. */
const PLACES_SCHEMA = `
create table if not exists bad_places (
  letter integer not null references dead_letters (id) on delete cascade,
  first integer not null,
  places text not null,
  primary key (letter, first)
) without rowid;
`;
/** Of one letter so many characters of places are kept: about 250,000 places. */
const MOST_CHARACTERS = 1048576;
/** The places of letters, each row with those that came together: `[gap, length, gap, length, …]`, the last length null for "to the end". */
function placesOf({ sql, reading }) {
	return {
		append(letter, places) {
			const [first] = places;
			if (first === void 0) return;
			let through = first.from - 1;
			const numbers = places.flatMap(({ from, to }) => {
				const gap = from - through - 1;
				through = to ?? through;
				return [gap, to === void 0 ? null : to - from + 1];
			});
			sql("insert into bad_places values (?, ?, ?)").run(letter, first.from, JSON.stringify(numbers));
		},
		of(letter) {
			const rows = reading(() => sql("select first, places from bad_places where letter = ? order by first").all(letter));
			return rows.length === 0 ? void 0 : rows.flatMap((row) => rangesOf(row.first, row.places));
		},
		room(letter) {
			const size = sql("select sum(length(places)) as size from bad_places where letter = ?").get(letter)?.size;
			return {
				hasAny: size !== null,
				isFull: (size ?? 0) >= MOST_CHARACTERS
			};
		}
	};
}
function rangesOf(first, places) {
	const numbers = JSON.parse(places);
	const ranges = [];
	let through = first - 1;
	for (let at = 0; at < numbers.length; at += 2) {
		const from = through + 1 + (numbers[at] ?? 0);
		const length = numbers[at + 1] ?? void 0;
		through = from + (length ?? 0) - 1;
		ranges.push({
			from,
			to: length === void 0 ? void 0 : through
		});
	}
	return ranges;
}
const SOURCE = "(select id from sources where name = ?)";
/** So many records, where the end of the object is not known one for all of them. */
function countOf(ranges) {
	return ranges.reduce((sum, { from, to }) => sum + (to === void 0 ? 1 : to - from + 1), 0);
}
/** Pointers to what was set aside. */
function lettersOf(tables, scrub) {
	const { sql, transaction, reading } = tables;
	const add = (letters) => {
		let added = 0;
		for (const { sink, source, key, etag, from, to, count, code, reason } of letters) {
			const values = [
				sink ?? "",
				source,
				key,
				etag,
				from,
				to ?? null,
				count,
				code,
				scrub(reason),
				Date.now()
			];
			if (sql(`insert or ignore into dead_letters (sink, source, key, etag, first, last, count, code, reason, at)
         values (?, ${SOURCE}, ?, ?, ?, ?, ?, ?, ?, ?)`).run(...values).changes === 1) added += 1;
			else sql(`update dead_letters set last = iif(last is null or ?6 is null, null, max(last, ?6)), count = max(count, ?7), reason = ?9
           where sink = ?1 and source = (select id from sources where name = ?2) and key = ?3 and etag = ?4 and first = ?5 and code = ?8
           and ?10 > 0`).run(...values);
		}
		return added;
	};
	const places = placesOf(tables);
	const addMany = ({ source, key, etag, reason: first }, ranges, listed) => {
		const [from = 0, to] = [ranges[0]?.from, ranges.at(-1)?.to];
		const reason = `bad here and further on, first: ${first}`;
		const letter = {
			sink: void 0,
			source,
			key,
			etag,
			from,
			to,
			count: countOf(ranges),
			code: MANY_BAD,
			reason
		};
		add([letter]);
		const stored = sql(`select id from dead_letters where sink = '' and source = ${SOURCE} and key = ? and etag = ? and first = ? and code = '${MANY_BAD}'`).get(source, key, etag, from);
		if (listed) places.append(stored?.id, ranges);
		return letter;
	};
	return {
		add,
		addMany,
		placesOf: (letter) => places.of(letter),
		deadLetters: (filter, limit) => {
			const { where, values } = conditions(filter);
			return reading(() => sql(`select d.id, d.sink, s.name as source, d.key, d.etag, d.first, d.last, d.count, d.code, d.reason, d.at
           from dead_letters d join sources s on s.id = d.source ${where} order by d.id limit ?`).all(...values, limit)).map(({ sink, first, last, ...rest }) => ({
				...rest,
				sink: sink === "" ? void 0 : sink,
				from: first,
				to: last ?? void 0
			}));
		},
		countDeadLetters: (filter) => {
			const { where, values } = conditions(filter);
			return reading(() => sql(`select coalesce(sum(count), 0) as n from dead_letters d ${where}`).get(...values))?.n;
		},
		settleLetter: ({ id, sink, count, code, ...object }, outcomes, undecodable) => transaction(() => {
			sql("delete from dead_letters where id = ?").run(id);
			if (undecodable !== void 0) addMany({
				...object,
				reason: undecodable.reason
			}, undecodable.places, true);
			for (const [name, { filtered = 0, delivered, rejected, setAside, deadLetters }] of outcomes) {
				const own = sink === name;
				const [wasRejected, wasAside] = own ? code === "rejected" ? [count, 0] : [0, count] : [0, 0];
				const isVague = own && ["rejected", "unbalanced"].includes(code);
				const taken = isVague ? Math.max(0, count - rejected - setAside) : delivered;
				sql(`update sinks set delivered = delivered + ?, rejected = max(0, rejected + ?), dead_lettered = max(0, dead_lettered + ?),
             filtered = filtered + ?, last_delivery = iif(? > 0, ?, last_delivery) where name = ?`).run(taken, rejected - wasRejected, setAside - wasAside, isVague ? 0 : filtered, delivered, Date.now(), name);
				add(deadLetters);
			}
		})
	};
}
function conditions({ sink, source, key, code }) {
	const wanted = [];
	if (sink !== void 0) wanted.push(["d.sink = ?", sink ?? ""]);
	if (source !== void 0) wanted.push([`d.source = ${SOURCE}`, source]);
	if (key !== void 0) wanted.push(["d.key = ?", key]);
	if (code !== void 0) wanted.push(["d.code = ?", code]);
	return {
		where: wanted.length === 0 ? "" : `where ${wanted.map(([condition]) => condition).join(" and ")}`,
		values: wanted.map(([, value]) => value)
	};
}
// src/ledger/findings.ts
/** What readings of objects find. */
function findingsOf(tables, { add, addMany }, note) {
	const { sql, transaction, reading } = tables;
	const places = placesOf(tables);
	const noteAll = ({ sourceId, key }, notices) => {
		for (const [kind, some] of Map.groupBy(notices, (notice) => notice.kind)) note(sourceId, kind, key, some.at(-1)?.message ?? "", some.length);
	};
	/** Brings these into the last letter for many places. When it is full there is one more, which counts all that follow and lists none. */
	const addToMany = (object, bad) => {
		const { sourceId, key, etag } = object;
		const [first] = bad;
		if (first === void 0) return [];
		const last = sql(`select id, last from dead_letters where sink = '' and source = ? and key = ? and etag = ? and code = '${MANY_BAD}'
       order by first desc limit 1`).get(sourceId, key, etag);
		if (last === void 0) return [addMany({
			...object,
			reason: first.reason
		}, bad, true)];
		if (last.last === null) return [];
		const id = last.id;
		const { hasAny, isFull } = places.room(id);
		if (isFull) return [addMany({
			...object,
			reason: first.reason
		}, bad, false)];
		sql("update dead_letters set count = count + ?, last = ? where id = ?").run(countOf(bad), bad.at(-1)?.to ?? null, id);
		if (hasAny) places.append(id, bad);
		return [];
	};
	const addBad = (object, bad) => {
		const { sourceId, source, key, etag } = object;
		const found = sql(`select count(*) as n from dead_letters where sink = '' and source = ? and key = ? and etag = ?`).get(sourceId, key, etag);
		const left = Math.max(0, 999 - found?.n);
		return [...bad.slice(0, left).flatMap(({ from, to, code, reason }) => {
			const letter = {
				sink: void 0,
				source,
				key,
				etag,
				from,
				to,
				count: countOf([{
					from,
					to
				}]),
				code,
				reason
			};
			return add([letter]) === 0 ? [] : [letter];
		}), ...addToMany(object, bad.slice(left))];
	};
	return {
		found: (id, { bad, notices, through, said }) => transaction(() => {
			const object = sql(`select o.source as sourceId, s.name as source, o.key, o.etag, o.records, o.noted, o.said
           from objects o join sources s on s.id = o.source where o.id = ?`).get(id);
			if (object === void 0 || object.records !== null) return [];
			const { noted, said: known } = object;
			const newNotices = notices.filter(({ after, ordinal }) => known !== null && (after > noted || after === noted && ordinal > known));
			noteAll(object, newNotices);
			const newBad = bad.filter(({ to }) => to === void 0 || to > noted).map((range) => ({
				...range,
				from: Math.max(range.from, noted + 1)
			}));
			const letters = newBad.length === 0 ? [] : addBad(object, newBad);
			if (through > noted || through === noted && said > (known ?? said)) sql("update objects set noted = ?1, said = iif(said is null, null, ?2) where id = ?3").run(through, said, id);
			return letters;
		}),
		readToEnd: (id, records) => void transaction(() => sql("update objects set records = ? where id = ? and records is null").run(records, id)),
		recordsIn: (id) => reading(() => sql("select records from objects where id = ?").get(id))?.records ?? void 0
	};
}
// src/ledger/positions.ts
const SINK = "(select id from sinks where name = ?)";
/** How far each consumer is with each object, and the accounts of the sinks. */
function positionsOf({ sql, transaction, reading }, setAside) {
	const finish = (sink, id) => {
		sql(`delete from pending where sink = ${SINK} and object = ?`).run(sink, id);
		if (sql("select 1 from pending where object = ?").get(id) !== void 0) return;
		sql("delete from parked where object = ?").run(id);
		sql(`delete from objects where id = ? and ord < (select horizon from partitions
       where partitions.source = objects.source and partitions.partition = objects.partition)`).run(id);
	};
	return {
		position: (sink, id) => reading(() => sql(`select position, settled from pending where sink = ${SINK} and object = ?`).get(sink, id)),
		commit: (sink, id, position, { filtered = 0, delivered, rejected, setAside: aside, deadLetters }, finished) => transaction(() => {
			const now = Date.now();
			sql(`update pending set position = ?, settled = settled + ? where sink = ${SINK} and object = ?`).run(position, filtered + delivered + rejected + aside, sink, id);
			sql(`update sinks set delivered = delivered + ?1, rejected = rejected + ?2, dead_lettered = dead_lettered + ?3,
           filtered = filtered + ?6, last_commit = ?4, last_delivery = iif(?1 > 0, ?4, last_delivery) where name = ?5`).run(delivered, rejected, aside, now, sink, filtered);
			setAside(deadLetters);
			if (finished) finish(sink, id);
		}),
		hasAcknowledged: (sink) => reading(() => sql("select 1 from sinks where name = ? and delivered > 0").get(sink)) !== void 0,
		move(name, positions) {
			for (const { id, position, finished } of positions) if (finished) finish(name, id);
			else sql(`update pending set position = ? where sink = ${SINK} and object = ?`).run(position, name, id);
		}
	};
}
// src/ledger/sources.ts
/** `configured`: whether the last worker had it in its configuration. */
const SOURCES_SCHEMA = `
create table if not exists sources (
  id integer primary key,
  name text not null unique,
  store text not null,
  configured integer not null default 1
);
`;
/**
* Finds the sources of a configuration among those of a ledger: by name, or, where the name is new, the one other source of the same store
* whose name is gone, which was renamed. Throws UsageError for a name that stands for another store now, and when the ledger knows none of
* the configured sources: then it is another worker's.
*/
function match(path, rows, sources) {
	const known = /* @__PURE__ */ new Map();
	const refused = ({ name, store }, other) => new UsageError("ledger-source", `ledger ${path} has source ${other.store}, this run has ${store} (${name}): use another ledger.path`);
	for (const source of sources) {
		const row = rows.find(({ name }) => name === source.name);
		if (row === void 0) continue;
		if (row.store !== source.store) throw refused(source, row);
		known.set(source.name, row);
	}
	const isFree = ({ name }) => !known.has(name);
	for (const { store } of sources.filter(isFree)) {
		const [fresh, second] = sources.filter((source) => source.store === store && isFree(source));
		const [row, other] = rows.filter((source) => source.store === store && ![...known.values()].includes(source));
		if (fresh !== void 0 && second === void 0 && row !== void 0 && other === void 0) known.set(fresh.name, row);
	}
	const [first] = rows;
	if (first !== void 0 && known.size === 0 && sources[0] !== void 0) throw refused(sources[0], first);
	const taken = [...known.values()];
	return {
		known,
		added: sources.filter(isFree),
		left: rows.filter((row) => !taken.includes(row))
	};
}
const rowsOf = ({ sql }) => sql("select id, name, store from sources order by id").all();
/** The ids of the configured sources as far as the ledger knows them, by name. Writes nothing. */
function idsOf(tables, path, sources) {
	return new Map([...match(path, rowsOf(tables), sources).known].map(([name, { id }]) => [name, id]));
}
/**
* Writes the sources of a configuration into the ledger, within a transaction of its caller. Returns their ids by name. `onNotice` is told
* in one line of a source that has another name now, and of one that the configuration lacks: what is known of both is kept.
*/
function takeSources(tables, path, sources, onNotice) {
	const { sql } = tables;
	const { known, added, left } = match(path, rowsOf(tables), sources);
	for (const { id } of known.values()) sql("update sources set name = ? where id = ?").run(`(${id})`, id);
	for (const [name, { id, name: before, store }] of known) {
		sql("update sources set name = ?, configured = 1 where id = ?").run(name, id);
		if (before !== name && before !== store) onNotice(`source ${before} (${store}) is called ${name} now: it goes on where it was`);
	}
	for (const { name, store } of added) sql("insert into sources (name, store) values (?, ?)").run(name, store);
	for (const { id, name, store } of left) {
		sql("update sources set configured = 0 where id = ?").run(id);
		const { objects } = sql("select count(distinct object) as objects from pending where source = ?").get(id);
		const { records } = sql("select coalesce(sum(count), 0) as records from dead_letters where source = ?").get(id);
		onNotice(`source ${name} (${store}) is not in the configuration: what the ledger has of it is kept (${objects} objects that wait, ${records} records set aside)`);
	}
	return new Map(rowsOf(tables).map(({ name, id }) => [name, id]));
}
// src/ledger/states.ts
/** The head of a state says which parts are its own. */
const STATES_SCHEMA = `
create table if not exists states (name text primary key, value text not null) without rowid;
create table if not exists state_parts (name text not null, number integer not null, value text not null, primary key (name, number));
`;
/** The states that are saved in a ledger. */
function statesOf({ sql, transaction, reading }) {
	const partsOf = function* (name) {
		const numbers = reading(() => sql("select number from state_parts where name = ? order by number").all(name));
		for (const { number } of numbers) {
			const part = reading(() => sql("select number, value from state_parts where name = ? and number = ?").get(name, number));
			if (part !== void 0) yield part;
		}
	};
	return {
		put: (name, parts) => transaction(() => {
			const put = sql("insert into state_parts values (?, ?, ?) on conflict do update set value = excluded.value");
			for (const { number, value } of parts) put.run(name, number, value);
		}),
		discard: (name, numbers) => transaction(() => {
			const discard = sql("delete from state_parts where name = ? and number = ?");
			for (const number of numbers) discard.run(name, number);
		}),
		read(name) {
			const head = reading(() => sql("select value from states where name = ?").get(name))?.value;
			return head === void 0 ? void 0 : {
				head,
				parts: { [Symbol.iterator]: () => partsOf(name) }
			};
		},
		forget: (name) => transaction(() => {
			sql("delete from states where name = ?").run(name);
			sql("delete from state_parts where name = ?").run(name);
		}),
		setHead: (name, head) => void sql("insert into states values (?, ?) on conflict do update set value = excluded.value").run(name, head)
	};
}
/** The tables that speak of sources and their objects. */
const OBJECT_TABLES = `${SOURCES_SCHEMA}
create table if not exists partitions (
  source integer not null references sources (id),
  partition text not null,
  mark text,
  horizon text,
  primary key (source, partition)
) without rowid;
create table if not exists objects (
  id integer primary key autoincrement,
  source integer not null references sources (id),
  partition text not null,
  ord text not null,
  key text not null,
  etag text not null,
  size integer not null,
  time integer not null,
  records integer,
  noted integer not null default 0,
  said integer default 0,
  unique (source, key, etag)
);
create table if not exists pending (
  sink integer not null references sinks (id),
  source integer not null references sources (id),
  object integer not null references objects (id),
  position integer not null default 0,
  settled integer not null default 0,
  primary key (sink, source, object)
) without rowid;
create table if not exists parked (
  object integer primary key references objects (id),
  source integer not null references sources (id),
  attempts integer not null,
  since integer not null,
  next_at integer not null,
  drawer text not null,
  code text not null,
  reason text not null
);
create table if not exists dead_letters (
  id integer primary key,
  sink text not null,
  source integer not null references sources (id),
  key text not null,
  etag text not null,
  first integer not null,
  last integer,
  count integer not null,
  code text not null,
  reason text not null,
  at integer not null,
  unique (sink, source, key, etag, first, code)
);
${PLACES_SCHEMA}create table if not exists quality (
  source integer not null references sources (id),
  kind text not null,
  count integer not null,
  last_key text not null,
  last_message text not null,
  last_at integer not null,
  primary key (source, kind)
) without rowid;
`;
const LEDGER_SCHEMA = `
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists sinks (
  id integer primary key,
  name text not null unique,
  delivered integer not null default 0,
  rejected integer not null default 0,
  dead_lettered integer not null default 0,
  filtered integer not null default 0,
  last_commit integer,
  last_delivery integer
);
${OBJECT_TABLES}
create index if not exists objects_by_source on objects (source);
create index if not exists objects_by_order on objects (source, partition, ord);
create index if not exists pending_by_object on pending (object);
create index if not exists parked_by_time on parked (source, next_at);
${ALERTS_SCHEMA}${STATES_SCHEMA}`;
/** Tables of version 2 that got a source, with their columns; those that refer to another one stand behind it. */
const MOVED = {
	objects: "id, partition, ord, key, etag, size, time, records, noted, said",
	partitions: "partition, mark, horizon",
	pending: "sink, object, position, settled",
	parked: "object, attempts, since, next_at, drawer, code, reason",
	dead_letters: "id, sink, key, etag, first, last, count, code, reason, at",
	quality: "kind, count, last_key, last_message, last_at"
};
/**
* What makes a ledger of the version before one of this version, by the version it makes. Tables that are new come from the schema.
* Version 1 is that of 0.1.0: its positions, dead letters and accounts are kept. It counted no records of objects, so an object that is
* lost before it is read again is set aside without a count. What a log said of itself was noted when it was read first: that is known of
* records which a sink has, and of all when one has finished the object. Version 2 was of one source, whose store stood in `meta`: it is
* called so until a configuration names it.
*/
const UPGRADES = {
	2: (db) => {
		db.exec(`
alter table objects add column records integer;
alter table objects add column noted integer not null default 0;
alter table objects add column said integer default 0;
update objects set noted = coalesce((select max(position) from pending where pending.object = objects.id), 0);
update objects set said = null where exists (
  select 1 from sinks where last_commit is not null
  and not exists (select 1 from pending where pending.sink = sinks.id and pending.object = objects.id)
);
alter table sinks add column last_delivery integer;
update sinks set last_delivery = last_commit where delivered > 0;
alter table pending add column settled integer not null default 0;
`);
		countRejected(db);
	},
	3: (db) => {
		const store = db.prepare("select value from meta where name = 'source'").get()?.value;
		const lastId = db.prepare("select seq from sqlite_sequence where name = 'objects'").get()?.seq;
		for (const index of [
			"objects_by_order",
			"pending_by_object",
			"parked_by_time"
		]) db.exec(`drop index if exists ${index}`);
		const isThere = db.prepare("select 1 from sqlite_schema where type = 'table' and name = ?");
		const moved = Object.entries(MOVED).filter(([table]) => isThere.get(table) !== void 0);
		for (const [table] of moved) db.exec(`alter table ${table} rename to ${table}_2`);
		db.exec(OBJECT_TABLES);
		if (store !== void 0) db.prepare("insert into sources (id, name, store) values (1, ?1, ?1)").run(store);
		for (const [table, columns] of moved) db.exec(`insert into ${table} (source, ${columns}) select 1, ${columns} from ${table}_2`);
		for (const [table] of moved.toReversed()) db.exec(`drop table ${table}_2`);
		db.exec("delete from meta where name = 'source'; alter table sinks add column filtered integer not null default 0");
		if (lastId !== void 0) {
			db.prepare("delete from sqlite_sequence where name = 'objects'").run();
			db.prepare("insert into sqlite_sequence values ('objects', ?)").run(lastId);
		}
	}
};
/** Brings the tables of a ledger of an earlier version up to this one. Within a transaction of its caller. */
function upgrade(db, from) {
	for (let version = from + 1; version <= 3; version += 1) UPGRADES[version]?.(db);
}
/**
* Version 1 counted nothing in its letters of records that a receiver had refused in part: their number was in the sink's account alone,
* which a replay of the letter would leave as it is. Every object of such a batch has a letter, whose reason begins with the numbers of the
* whole batch, "3 of 40 records refused", and what was refused stands for the first of its records. No letter gets more than it points at,
* all of a sink's together no more than its account holds.
*/
function countRejected(db) {
	const letters = db.prepare(`select id, reason, last - first + 1 as records from dead_letters
     where sink = ? and code = 'rejected' and count = 0 and last is not null order by id`);
	const count = db.prepare("update dead_letters set count = ? where id = ?");
	for (const { name, rejected } of db.prepare("select name, rejected from sinks").all()) {
		let inAccount = rejected;
		let batch = {
			reason: "",
			refused: 0,
			records: 0
		};
		for (const { id, reason, records } of letters.all(name)) {
			if (batch.records <= 0 || batch.reason !== reason) batch = {
				reason,
				...batchOf(reason)
			};
			const share = Math.min(batch.refused, records, inAccount);
			count.run(share, id);
			batch.refused -= share;
			batch.records -= records;
			inAccount -= share;
		}
	}
}
function batchOf(reason) {
	const [, refused = 0, records = 0] = reason.match(/^(\d+) of (\d+) records refused/) ?? [];
	return {
		refused: Number(refused),
		records: Number(records)
	};
}
// src/ledger/statements.ts
function tablesOf(file) {
	const statements = /* @__PURE__ */ new Map();
	return {
		sql: (text) => prepared(statements, file.db, text),
		transaction: transactionOn(file),
		reading: (work) => onLedger(file.path, work)
	};
}
function prepared(statements, db, text) {
	const statement = statements.get(text) ?? db.prepare(text);
	statements.set(text, statement);
	return statement;
}
// src/ledger/sqlite.ts
/**
* Opens the ledger for the one worker that writes it, and upgrades one of an earlier version. Throws UsageError when another worker holds
* it, it belongs to other sources, or a newer version wrote it.
*/
function openLedger({ path, sources, scrub = asItIs, onNotice = () => {} }) {
	const file = openLedgerFile(path);
	try {
		const tables = tablesOf(file);
		return ledgerOn(file, tables, sources, tables.transaction(() => {
			const { db } = file;
			const found = versionOf(db, path);
			if (found !== void 0 && found < 3) upgrade(db, found);
			db.exec(LEDGER_SCHEMA);
			setMeta(db, "version", String(3));
			return takeSources(tables, path, sources, onNotice);
		}), scrub);
	} catch (error) {
		file.release();
		throw error;
	}
}
/**
* Opens a ledger that a worker may be writing at this moment, to read its status and what it remembers of these sources; of one that is new
* it remembers nothing. Throws UsageError.
*/
function inspectLedger(path, sources = []) {
	const db = openLedgerToRead(path);
	try {
		if (onLedger(path, () => versionOf(db, path)) !== 3) throw new UsageError("ledger-version", `ledger ${path} was written by an earlier version: the next \`flowferry run\` upgrades it`);
		const file = {
			path,
			db,
			check: () => {},
			release: () => db.close()
		};
		const tables = tablesOf(file);
		return ledgerOn(file, tables, sources, onLedger(path, () => idsOf(tables, path, sources)), asItIs);
	} catch (error) {
		db.close();
		throw error;
	}
}
function versionOf(db, path) {
	const text = db.prepare("select 1 from sqlite_schema where name = 'meta'").get() === void 0 ? void 0 : getMeta(db, "version");
	if (text === void 0) return void 0;
	const version = Number(text);
	if (Number.isInteger(version) && version >= 1 && version <= 3) return version;
	throw new UsageError("ledger-version", `ledger ${path} has version ${text}, this program knows up to 3: run the version that wrote it, or use another ledger.path`);
}
function getMeta(db, name) {
	return db.prepare("select value from meta where name = ?").get(name)?.value;
}
function setMeta(db, name, value) {
	db.prepare("insert into meta values (?, ?) on conflict do update set value = excluded.value").run(name, value);
}
const PROBLEMS = "problems";
const asItIs = (text) => text;
/** No source of a ledger has this id. */
const NEW = 0;
function ledgerOn(file, tables, sources, ids, scrub) {
	const { db } = file;
	const { sql, transaction, reading } = tables;
	const note = (source, kind, key, message, count) => void sql(`insert into quality values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do update
       set count = count + ?3, last_key = ?4, last_message = ?5, last_at = ?6`).run(source, kind, count, key, scrub(message), Date.now());
	const { add, addMany, ...letters } = lettersOf(tables, scrub);
	const { move, ...positions } = positionsOf(tables, add);
	const { setHead, ...states } = statesOf(tables);
	const { of, ...catalogue } = catalogueOf(tables, note, scrub);
	const bySource = new Map(sources.map((source) => [source.name, of(source, ids.get(source.name) ?? NEW)]));
	return {
		alerts: alertLedger(tables, scrub),
		states,
		of(source) {
			const found = bySource.get(source);
			if (found === void 0) throw new Error(`the ledger was not opened for source ${source}`);
			return found;
		},
		...catalogue,
		...findingsOf(tables, {
			add,
			addMany
		}, note),
		...positions,
		...letters,
		checkpoint: (name, head, moved) => transaction(() => {
			setHead(name, head);
			move(name, moved);
		}),
		setAside: (set) => transaction(() => add(set)),
		setProblems: (problems) => transaction(() => setMeta(db, PROBLEMS, JSON.stringify(problems))),
		status: () => reading(() => statusOf(db, tables)),
		close: () => file.release()
	};
}
function statusOf(db, { sql }) {
	const sources = sql(`select name, store, configured = 1 as configured,
     (select count(*) from partitions where source = s.id) as partitions,
     (select count(*) from objects where source = s.id) as objects,
     (select count(distinct object) from pending where source = s.id) as pendingObjects,
     (select count(*) from parked where source = s.id) as parked,
     (select coalesce(sum(count), 0) from dead_letters where source = s.id) as deadLettered
     from sources s order by id`).all().map((row) => ({
		...row,
		configured: row.configured === 1
	}));
	const sum = (of) => sources.reduce((total, source) => source.configured ? total + source[of] : total, 0);
	const sinks = sql(`select s.name, s.delivered, s.rejected, s.dead_lettered as setAside, s.filtered,
     s.delivered + s.rejected + s.dead_lettered + s.filtered as offered,
     s.last_delivery as lastDelivery, count(o.id) as pendingObjects, coalesce(sum(o.size), 0) as pendingBytes, min(o.time) as oldestPending
     from sinks s left join pending p on p.sink = s.id and p.source in (select id from sources where configured = 1)
     left join objects o on o.id = p.object
     where s.name not like '(%' group by s.id order by s.name`).all();
	const owner = ownerOf(db);
	const problems = owner === void 0 ? [] : JSON.parse(getMeta(db, PROBLEMS) ?? "[]");
	return {
		sources,
		sinks: sinks.map((row) => ({
			...row,
			lastDelivery: row.lastDelivery ?? void 0,
			oldestPending: row.oldestPending ?? void 0
		})),
		quality: sql(`select s.name as source, kind, count, last_key as lastKey, last_message as lastMessage, last_at as lastAt
       from quality join sources s on s.id = quality.source order by s.id, kind`).all(),
		objects: sum("objects"),
		partitions: sum("partitions"),
		parked: sum("parked"),
		problems,
		owner
	};
}
export { UNBALANCED as i, openLedger as n, MANY_BAD as r, inspectLedger as t };
