// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.file.RecordDirectory.Written;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.StoredGrant;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The files of one grant, and what this process remembers of them. Reading blocks for a
 * moment and changes nothing. Writing blocks until it is durable and is done by one
 * thread at a time, which holds the monitor of this.
 */
final class GrantFile {

	private static final Log logger = LogFactory.getLog(GrantFile.class);

	private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'")
		.withZone(ZoneOffset.UTC);

	private static final int MOST_READS = 10;

	private final GrantKey key;

	private final RecordName name;

	private final RecordDirectory directory;

	private final Clock clock;

	private final Path path;

	private final Set<Path> warned = ConcurrentHashMap.newKeySet();

	private final AtomicInteger users = new AtomicInteger();

	private final Object memory = new Object();

	private @Nullable FileState seen;

	private long seenAt;

	private @Nullable Grant last;

	private long lastRead;

	private long reads;

	GrantFile(GrantKey key, RecordName name, RecordDirectory directory, Clock clock) {
		this.key = key;
		this.name = name;
		this.directory = directory;
		this.clock = clock;
		this.path = directory.resolve(name.grant());
	}

	Path path() {
		return this.path;
	}

	RecordDirectory directory() {
		return this.directory;
	}

	Path lock() {
		return this.directory.resolve(this.name.lock());
	}

	/**
	 * Something begins that takes this instance for the only one of its grant.
	 */
	GrantFile enter() {
		this.users.incrementAndGet();
		return this;
	}

	void leave() {
		this.users.decrementAndGet();
	}

	boolean isInUse() {
		return this.users.get() > 0;
	}

	StoredGrant load() throws IOException, MalformedRecordException {
		long read = beginRead();
		Content content = read();
		if (content == null) {
			remember(read, null);
			return new StoredGrant(null, FileStamp.ABSENT);
		}
		Grant grant = understand(content);
		remember(read, grant);
		return new StoredGrant(grant, content.stamp());
	}

	/**
	 * Compare with what is there now: one {@code stat}.
	 * @param stamp a stamp of this record
	 * @return {@code true} if the record surely is what it was
	 */
	boolean isCurrent(FileStamp stamp) {
		FileState state = stamp.state();
		if (state == null) {
			return !Files.exists(this.path);
		}
		if (!stamp.settled()) {
			return false;
		}
		try {
			BasicFileAttributes now = Files.readAttributes(this.path, BasicFileAttributes.class);
			return now.size() == state.size() && now.lastModifiedTime().to(TimeUnit.NANOSECONDS) == state.modified()
					&& Objects.equals(now.fileKey(), state.fileKey());
		}
		catch (IOException | RuntimeException ex) {
			return false;
		}
	}

	StoredGrant save(Grant grant, @Nullable Grant replaces) throws IOException {
		FileState replaced = check(replaces);
		Written written = this.directory.replace(this.name.grant(), GrantDocument.render(grant), () -> {
			if (!Objects.equals(replaced, this.directory.state(this.name.grant()))) {
				check(replaces);
			}
		});
		remember(beginRead(), grant);
		boolean settled = written.signed() ? settle(written.state()) : observe(written.state(), System.nanoTime());
		this.directory.deleteLeftovers(this.name.grant(), written.state());
		return new StoredGrant(grant, new FileStamp(written.state(), settled));
	}

	void delete() throws IOException {
		this.directory.delete(this.name.grant());
		this.directory.delete(this.name.spending());
		remember(beginRead(), null);
	}

	void purge() throws IOException {
		delete();
		this.directory.delete(this.name.client());
		this.directory.delete(this.name.metadata());
		for (String file : Set.of(this.name.grant(), this.name.client(), this.name.metadata())) {
			this.directory.deleteAll(asideName(file, ""));
		}
	}

	@Nullable OAuthClient loadClient() throws IOException {
		return readBeside(this.name.client(), ClientDocument::parse);
	}

	void saveClient(OAuthClient client) throws IOException {
		writeBeside(this.name.client(), ClientDocument.render(client), ClientDocument::parse);
	}

	void deleteClient() throws IOException {
		this.directory.delete(this.name.client());
	}

	@Nullable Map<String, Object> loadMetadata() throws IOException {
		return readBeside(this.name.metadata(), GrantFile::parseMetadata);
	}

	void saveMetadata(Map<String, Object> metadata) throws IOException {
		writeBeside(this.name.metadata(), JsonMembers.render(metadata), GrantFile::parseMetadata);
	}

	boolean noteSpending(String fingerprint) throws IOException {
		boolean noted = fingerprint.equals(readBeside(this.name.spending(), GrantFile::parseFingerprint));
		if (!noted) {
			byte[] note = JsonMembers
				.render(Map.of("fingerprint", fingerprint, "noted_at", JsonMembers.seconds(this.clock.instant())));
			writeBeside(this.name.spending(), note, GrantFile::parseFingerprint);
		}
		return noted;
	}

	void withdrawSpending() throws IOException {
		this.directory.delete(this.name.spending());
	}

	/**
	 * Wait until nobody writes any more.
	 */
	synchronized void quiesce() {
		logger.trace("Nobody writes who has the monitor");
	}

	/**
	 * See to it that what is stored is what is to be replaced. What cannot be understood
	 * is kept aside and may be replaced by anything.
	 */
	private @Nullable FileState check(@Nullable Grant replaces) throws IOException {
		Content content = read();
		try {
			Grant stored = (content != null) ? understand(content) : null;
			if (!isSame(stored, replaces)) {
				throw new GrantConflictException(this.key.server());
			}
		}
		catch (MalformedRecordException ex) {
			keepAside(this.name.grant(), ex);
		}
		return (content != null) ? content.state : null;
	}

	private static boolean isSame(@Nullable Grant stored, @Nullable Grant replaced) {
		if (stored == null || replaced == null) {
			return stored == null && replaced == null;
		}
		return stored.generation() == replaced.generation() && stored.hasTokensOf(replaced);
	}

	/**
	 * Read the file, and again if it changes meanwhile, so that content and stamp belong
	 * together.
	 */
	private @Nullable Content read() throws IOException {
		for (int reads = 1;; reads++) {
			long now = System.nanoTime();
			FileState before = this.directory.state(this.name.grant());
			byte[] content = (before != null) ? this.directory.read(this.name.grant()) : null;
			if (before == null || content == null) {
				return null;
			}
			boolean settled = observe(before, now);
			if (before.equals(this.directory.state(this.name.grant()))) {
				return new Content(content, before, settled);
			}
			if (reads == MOST_READS) {
				return new Content(content, before, false);
			}
		}
	}

	private Grant understand(Content content) throws IOException, MalformedRecordException {
		GrantDocument document = GrantDocument.parse(content.bytes, modified(content.state));
		if (!document.foreign()) {
			return document.grant();
		}
		Map<String, Object> metadata = loadMetadata();
		return document.completed(last(), loadClient(), (metadata != null) ? metadata : Map.of());
	}

	private static Instant modified(FileState state) {
		return Instant.EPOCH.plusNanos(state.modified());
	}

	private <T> @Nullable T readBeside(String file, Format<T> format) throws IOException {
		byte[] content = this.directory.read(file);
		try {
			return (content != null) ? format.parse(content) : null;
		}
		catch (MalformedRecordException ex) {
			if (this.warned.add(this.directory.resolve(file))) {
				logger.warn("The file %s of MCP server '%s' %s. It is taken for absent"
					.formatted(this.directory.resolve(file), this.key, ex.getMessage()));
			}
			return null;
		}
	}

	private void writeBeside(String file, byte[] content, Format<?> format) throws IOException {
		byte[] replaced = this.directory.read(file);
		try {
			if (replaced != null) {
				format.parse(replaced);
			}
		}
		catch (MalformedRecordException ex) {
			keepAside(file, ex);
		}
		Written written = this.directory.replace(file, content, () -> {
		});
		this.warned.remove(this.directory.resolve(file));
		this.directory.deleteLeftovers(file, written.state());
	}

	private void keepAside(String file, MalformedRecordException reason) throws IOException {
		Path aside = this.directory.keepAside(file, asideName(file, TIMESTAMP.format(this.clock.instant())));
		if (aside != null) {
			logger.warn("The file %s of MCP server '%s' %s. It is replaced now, and kept as %s"
				.formatted(this.directory.resolve(file), this.key, reason.getMessage(), aside));
		}
	}

	private static String asideName(String file, String timestamp) {
		return file + ".corrupt-" + timestamp;
	}

	private static Map<String, Object> parseMetadata(byte[] content) throws MalformedRecordException {
		return JsonMembers.parse(content).rest();
	}

	private static String parseFingerprint(byte[] content) throws MalformedRecordException {
		String fingerprint = JsonMembers.parse(content).text("fingerprint");
		if (fingerprint == null) {
			throw new MalformedRecordException("has no member 'fingerprint'");
		}
		return fingerprint;
	}

	private @Nullable Grant last() {
		synchronized (this.memory) {
			return this.last;
		}
	}

	private long beginRead() {
		synchronized (this.memory) {
			return ++this.reads;
		}
	}

	/**
	 * Remember what was read, unless somebody who began later was faster.
	 */
	private void remember(long read, @Nullable Grant grant) {
		synchronized (this.memory) {
			if (read > this.lastRead) {
				this.lastRead = read;
				this.last = grant;
			}
		}
	}

	/**
	 * Take a look at the state of the file into account.
	 * @param state the state
	 * @param began when the look began, and with it what else is done to the file
	 * @return whether the file had been in this state for a tick before that
	 */
	private boolean observe(FileState state, long began) {
		synchronized (this.memory) {
			if (!state.equals(this.seen)) {
				this.seen = state;
				this.seenAt = System.nanoTime();
			}
			return began - this.seenAt >= state.tick();
		}
	}

	/**
	 * Take a state for settled that no other write can bring about.
	 */
	private boolean settle(FileState state) {
		synchronized (this.memory) {
			this.seen = state;
			this.seenAt = System.nanoTime() - state.tick();
			return true;
		}
	}

	/**
	 * How to understand a file.
	 *
	 * @param <T> the type of content
	 */
	@FunctionalInterface
	private interface Format<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

	/**
	 * What was read, and the state the file had meanwhile.
	 */
	private static final class Content {

		private final byte[] bytes;

		private final FileState state;

		private final boolean settled;

		Content(byte[] bytes, FileState state, boolean settled) {
			this.bytes = bytes;
			this.state = state;
			this.settled = settled;
		}

		FileStamp stamp() {
			return new FileStamp(this.state, this.settled);
		}

	}

}
