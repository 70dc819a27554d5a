// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.GrantPages;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLostException;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import io.github.mcpoauth.internal.store.remote.RecordCommands;
import io.github.mcpoauth.internal.store.remote.RecordWrite;
import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.store.remote.RemoteRecord;
import io.github.mcpoauth.internal.store.remote.Revision;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One node's connection to the database. A command may fail before or after it was
 * carried out, answer late or never.
 */
final class NodeRecords implements RecordCommands, LeaseTable {

	private static final Duration LEASE = Duration.ofSeconds(5);

	private final World world;

	private final Database database;

	private final Node node;

	private final Map<GrantKey, RemoteRecord> seen = new HashMap<>();

	NodeRecords(World world, Database database, Node node) {
		this.world = world;
		this.database = database;
		this.node = node;
	}

	private <T> Mono<T> command(String name, Supplier<? extends @Nullable T> step) {
		return Mono.create((sink) -> {
			Faults faults = this.world.faults();
			boolean fails = this.world.happens(faults.storeFails());
			boolean acts = !fails || this.world.happens(0.5);
			boolean slow = this.world.happens(faults.storeSlow());
			Duration there = this.world.between(0, 3);
			this.world.schedule(there, null, () -> {
				@Nullable T value = null;
				Throwable error = null;
				try {
					value = acts ? step.get() : null;
				}
				catch (RuntimeException ex) {
					error = ex;
				}
				if (fails) {
					this.world
						.tell("%s: %s fails %s".formatted(this.node, name, acts ? "after it acted" : "before it acts"));
					error = new IllegalStateException("the connection broke");
				}
				@Nullable T answer = value;
				@Nullable Throwable failure = error;
				if (slow && this.world.happens(0.3)) {
					this.world.tell("%s: %s never answers".formatted(this.node, name));
					return;
				}
				Duration back = slow ? this.world.between(1_000, 40_000) : this.world.between(0, 3);
				this.world.schedule(back, this.node, () -> {
					if (failure != null) {
						sink.error(failure);
					}
					else {
						sink.success(answer);
					}
				});
			});
		});
	}

	@Override
	public Mono<RemoteRecord> read(GrantKey key) {
		return command("read",
				() -> this.world.plays(Mutant.STALE_READ_UNDER_LOCK) ? stale(key) : this.database.read(key));
	}

	private RemoteRecord stale(GrantKey key) {
		RemoteRecord now = this.database.read(key);
		RemoteRecord before = this.seen.put(key, now);
		return (before != null) ? before : now;
	}

	@Override
	public Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> keys) {
		boolean lags = this.world.happens(this.world.faults().replica());
		return command("look", () -> this.database.revisions(keys, lags));
	}

	@Override
	public Mono<Boolean> write(GrantKey key, RecordWrite write) {
		return command("write", () -> {
			boolean written = written(key, write);
			if (written) {
				this.node.stored(key, Grants.number(write.content()));
			}
			this.world.tell("%s: grant %d of %s %s".formatted(this.node, Grants.number(write.content()), key,
					written ? "stored" : "not stored, another is there"));
			return written;
		});
	}

	private boolean written(GrantKey key, RecordWrite write) {
		if (this.world.plays(Mutant.WRITE_NOT_STORED)) {
			return true;
		}
		if (this.world.plays(Mutant.WRITE_REPORTED_BEFORE_IT_IS_STORED)) {
			this.world.schedule(Duration.ofMillis(500), null, () -> this.database.write(key, write));
			return true;
		}
		if (this.world.plays(Mutant.ROTATED_TOKEN_NOT_KEPT)) {
			int number = Grants.number(write.content());
			String content = write.content().replace(Grants.refresh(number), Grants.refresh(number - 1));
			return this.database.write(key,
					new RecordWrite(content, write.fence(), write.revision(), write.metadata(), write.expected()));
		}
		boolean written = this.database.write(key, write);
		if (written && this.world.plays(Mutant.WRITE_REPEATED_LATER)) {
			this.world.schedule(this.world.between(1_000, 90_000), null, () -> this.database.put(key, write));
		}
		return written;
	}

	@Override
	public Mono<Void> remove(GrantKey key, boolean all) {
		return command("remove", () -> {
			this.database.remove(key);
			return null;
		});
	}

	@Override
	public Mono<String> read(GrantKey key, Document document) {
		return command("read " + document, () -> this.database.row(key).documents.get(document));
	}

	@Override
	public Mono<Void> write(GrantKey key, Document document, @Nullable String content) {
		return command("write " + document, () -> {
			if (document == Document.LESSONS && content != null) {
				this.node.learned(key, content, Grants.number(this.database.row(key).content));
				if (this.world.plays(Mutant.LESSONS_FORGOTTEN)) {
					return null;
				}
			}
			if (content != null) {
				this.database.row(key).documents.put(document, content);
			}
			else {
				this.database.row(key).documents.remove(document);
			}
			return null;
		});
	}

	@Override
	public Mono<String> writeIfAbsent(GrantKey key, Document document, String content) {
		return command("write " + document, () -> {
			this.database.row(key).documents.putIfAbsent(document, content);
			return this.database.row(key).documents.get(document);
		});
	}

	@Override
	public Mono<SpendingResult> note(GrantKey key, Fence read, SpendingNote note, Duration young,
			@Nullable String lease) {
		return command("note", () -> {
			Database.Row row = this.database.row(key);
			boolean ownClock = this.world.plays(Mutant.NOTES_AGE_BY_THE_CLOCK_OF_THE_NODE);
			Instant now = ownClock ? this.node.clock().instant() : Instant.EPOCH.plusNanos(this.world.now());
			if (lease != null && !row.isHeldBy(lease, this.world.now())) {
				throw new LeaseLostException(key.server(), LEASE);
			}
			if (!read.equals(row.fence)) {
				throw new GrantConflictException(key.server());
			}
			SpendingNote written = written(note);
			boolean tenth = this.world.plays(Mutant.NOTES_OLD_TOO_SOON);
			SpendingDocument present = row.note;
			SpendingResult pending = (present != null)
					? present.pending(written, now, tenth ? young.dividedBy(10) : young) : null;
			if (pending != null && !this.world.plays(Mutant.YOUNG_NOTES_IGNORED)) {
				return pending;
			}
			put(row, SpendingDocument.of(written, now));
			return new SpendingResult.Noted(present != null && present.isFor(written));
		});
	}

	private SpendingNote written(SpendingNote note) {
		if (this.world.plays(Mutant.NOTE_OF_ANOTHER_TOKEN)) {
			return new SpendingNote("token-of-" + note.owner(), note.owner());
		}
		return this.world.plays(Mutant.NOTES_WITH_ONE_OWNER) ? new SpendingNote(note.fingerprint(), "agent") : note;
	}

	private void put(Database.Row row, SpendingDocument note) {
		if (this.world.plays(Mutant.NOTE_AFTER_SEND)) {
			this.world.schedule(Duration.ofMillis(500), this.node, () -> row.note = note);
		}
		else if (!this.world.plays(Mutant.NO_NOTE)) {
			row.note = note;
		}
	}

	@Override
	public Mono<Void> withdraw(GrantKey key, String owner) {
		return command("withdraw", () -> {
			Database.Row row = this.database.row(key);
			if (row.note != null && row.note.isOf(owner)) {
				row.note = null;
			}
			return null;
		});
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return command("list",
				() -> GrantPages.select(this.database.entries(), query, (entry) -> KeyCodec.complete(entry.key())));
	}

	@Override
	public Mono<String> logins(@Nullable GrantKey key) {
		return command("read logins", () -> this.database.logins.get(String.valueOf(key)));
	}

	@Override
	public Mono<Boolean> replaceLogins(@Nullable GrantKey key, @Nullable String expected, @Nullable String next,
			@Nullable Duration lifetime) {
		return command("replace logins", () -> {
			boolean same = Objects.equals(this.database.logins.get(String.valueOf(key)), expected);
			if (same) {
				this.database.logins.compute(String.valueOf(key), (name, present) -> next);
			}
			return same;
		});
	}

	/**
	 * No login is left here, so there is nothing to look for.
	 */
	@Override
	public boolean removesExpiredLogins() {
		return true;
	}

	@Override
	public LeaseTable leases() {
		return this;
	}

	@Override
	public Mono<Boolean> take(GrantKey key, String owner, Duration time) {
		return command("take lease", () -> this.world.plays(Mutant.LOCK_EXCLUDES_NO_NODE)
				|| this.database.row(key).take(owner, this.world.now(), time.toNanos()));
	}

	@Override
	public Mono<Boolean> renew(GrantKey key, String owner, Duration time) {
		return command("renew lease", () -> {
			Database.Row row = this.database.row(key);
			return row.isHeldBy(owner, this.world.now()) && row.take(owner, this.world.now(), time.toNanos());
		});
	}

	@Override
	public Mono<Void> giveBack(GrantKey key, String owner) {
		return command("give lease back", () -> {
			Database.Row row = this.database.row(key);
			if (owner.equals(row.holder)) {
				row.holder = null;
			}
			return null;
		});
	}

	@Override
	public void listen(RemoteEvents events) {
		// Nodes poll: the loss of every message is the worst case
	}

	@Override
	public Reason reason(Throwable failure) {
		return new Reason("the simulated database", "the connection broke", "Try again", true);
	}

	@Override
	public String location(GrantKey key) {
		return "row " + key;
	}

	@Override
	public void close() {
		// Nothing to close
	}

}
