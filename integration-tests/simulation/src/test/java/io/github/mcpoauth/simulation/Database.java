// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.RecordCommands.Document;
import io.github.mcpoauth.internal.store.remote.RecordWrite;
import io.github.mcpoauth.internal.store.remote.RemoteRecord;
import io.github.mcpoauth.internal.store.remote.Revision;
import org.jspecify.annotations.Nullable;

/**
 * The rows that all nodes share. Each method is one atomic step.
 */
final class Database {

	private static final Duration LAG = Duration.ofSeconds(10);

	/**
	 * The logins that wait for a user, by grant.
	 */
	final Map<String, String> logins = new HashMap<>();

	private final Map<GrantKey, Row> rows = new HashMap<>();

	private final World world;

	Database(World world) {
		this.world = world;
	}

	Row row(GrantKey key) {
		GrantKey stored = this.world.plays(Mutant.KEYS_FOLDED) ? GrantKey.of("server") : key;
		return this.rows.computeIfAbsent(stored, (absent) -> new Row());
	}

	/**
	 * A user logs out: only a login brings the grant back, and no user logs in.
	 */
	void remove(GrantKey key) {
		Row row = row(key);
		row.content = null;
		row.fence = null;
		row.change(Revision.NONE);
		row.note = null;
		row.documents.remove(Document.LESSONS);
		row.removed = true;
	}

	RemoteRecord read(GrantKey key) {
		Row row = row(key);
		return new RemoteRecord(row.content, row.revision, row.documents.get(Document.LESSONS));
	}

	/**
	 * The revisions of the grants that are there.
	 * @param lags whether a replica answers, to which the last change may not have come
	 */
	Map<GrantKey, Revision> revisions(Collection<GrantKey> keys, boolean lags) {
		Map<GrantKey, Revision> revisions = new HashMap<>();
		for (GrantKey key : keys) {
			Row row = row(key);
			boolean late = lags && this.world.now() - row.changedAt < LAG.toNanos();
			Revision revision = late ? row.before : row.revision;
			if (!revision.equals(Revision.NONE)) {
				revisions.put(key, revision);
			}
		}
		return revisions;
	}

	Stream<GrantQuery.Entry> entries() {
		return this.rows.entrySet()
			.stream()
			.filter((row) -> row.getValue().content != null || !row.getValue().documents.isEmpty())
			.map((row) -> new GrantQuery.Entry(row.getKey(), row.getValue().content != null));
	}

	boolean write(GrantKey key, RecordWrite write) {
		Row row = row(key);
		if (!isExpected(row, write.expected())
				&& !(row.removed && this.world.plays(Mutant.REMOVED_GRANT_BROUGHT_BACK))) {
			return false;
		}
		put(key, write);
		return true;
	}

	/**
	 * Write without a comparison.
	 */
	void put(GrantKey key, RecordWrite write) {
		Row row = row(key);
		if (row.removed) {
			this.world.violated("the removed grant of %s is brought back".formatted(key));
		}
		int before = Grants.number(row.content);
		int after = Grants.number(write.content());
		if (after < before) {
			this.world.violated("grant %d of %s is replaced by the older %d".formatted(before, key, after));
		}
		row.content = write.content();
		row.fence = write.fence();
		row.change(write.revision());
		row.documents.remove(Document.LESSONS);
		row.note = null;
		if (write.metadata() != null) {
			row.documents.put(Document.METADATA, write.metadata());
		}
	}

	private static boolean isExpected(Row row, RecordWrite.Expected expected) {
		if (expected instanceof RecordWrite.Same same) {
			return same.fence().equals(row.fence);
		}
		return (expected instanceof RecordWrite.Damaged damaged) ? damaged.content().equals(row.content)
				: row.content == null;
	}

	/**
	 * One grant and all that is kept beside it.
	 */
	final class Row {

		final Map<Document, String> documents = new EnumMap<>(Document.class);

		@Nullable String content;

		@Nullable Fence fence;

		Revision revision = Revision.NONE;

		Revision before = Revision.NONE;

		long changedAt = Long.MIN_VALUE / 2;

		@Nullable SpendingDocument note;

		@Nullable String holder;

		long heldUntil;

		boolean removed;

		void change(Revision next) {
			this.before = this.revision;
			this.revision = next;
			this.changedAt = Database.this.world.now();
		}

		boolean isHeldBy(String owner, long now) {
			return owner.equals(this.holder) && this.heldUntil > now;
		}

		boolean take(String owner, long now, long nanos) {
			boolean held = this.heldUntil > now || Database.this.world.plays(Mutant.LEASE_NEVER_ENDS);
			if (this.holder != null && held && !Objects.equals(this.holder, owner)) {
				return false;
			}
			this.holder = owner;
			this.heldUntil = now + nanos;
			return true;
		}

	}

}
