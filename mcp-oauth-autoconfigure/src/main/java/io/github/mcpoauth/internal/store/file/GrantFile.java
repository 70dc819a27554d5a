// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.Generations;
import io.github.mcpoauth.internal.store.file.RecordDirectory.LastLook;
import io.github.mcpoauth.internal.store.file.RecordDirectory.Written;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.LessonsDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The files of one grant, and the memory of this process about them. Reading blocks for a
 * moment and changes nothing. Writing blocks until it is durable, and is done by one
 * thread at a time, which holds the monitor of this object.
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

	// Guarded by the monitor of this object
	private boolean purged;

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

	void enterLock(LockFile.Waiter waiter) {
		LockFile.enter(this.directory, this.name.lock(), waiter);
	}

	/**
	 * Begin work that takes this instance for the only one of its grant.
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
			return new StoredGrant(null, FileStamp.ABSENT, lessons());
		}
		Grant grant = understand(content);
		remember(read, grant);
		return new StoredGrant(grant, content.stamp(), lessons());
	}

	/**
	 * Compare with the file as it is now: one {@code stat}.
	 * @param stamp a stamp of this record
	 * @return {@code true} if the record is certainly unchanged
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

	StoredGrant save(Grant grant, @Nullable Grant replaces, @Nullable Map<String, Object> metadata) throws IOException {
		if (metadata == null) {
			return save(grant, replaces);
		}
		AtomicReference<@Nullable StoredGrant> saved = new AtomicReference<>();
		// The metadata are on the device when the grant is renamed, and are renamed right
		// after it: a failed save leaves the old ones
		writeBeside(this.name.metadata(), JsonMembers.render(metadata), GrantFile::parseMetadata,
				() -> saved.set(save(grant, replaces)));
		return Objects.requireNonNull(saved.get());
	}

	private StoredGrant save(Grant grant, @Nullable Grant replaces) throws IOException {
		FileState replaced = check(replaces);
		NameFile.write(this.key, this.directory);
		Written written = this.directory.replace(this.name.grant(), GrantDocument.render(grant), () -> {
			if (!Objects.equals(replaced, this.directory.state(this.name.grant()))) {
				check(replaces);
			}
		});
		remember(beginRead(), grant);
		boolean settled = written.signed() ? settle(written.state()) : observe(written.state(), System.nanoTime());
		return new StoredGrant(grant, new FileStamp(written.state(), settled), lessons());
	}

	void delete() throws IOException {
		this.directory.delete(this.name.grant());
		this.directory.delete(this.name.spending());
		this.directory.delete(this.name.lessons());
		// Copies of damaged records can hold tokens
		this.directory.deleteAll(asideName(this.name.grant(), ""));
		remember(beginRead(), null);
	}

	void purge() throws IOException {
		delete();
		this.directory.delete(this.name.client());
		this.directory.delete(this.name.metadata());
		this.directory.delete(this.name.logins());
		for (String file : Set.of(this.name.client(), this.name.metadata())) {
			this.directory.deleteAll(asideName(file, ""));
		}
		NameFile.remove(this.key, this.directory);
		this.purged = this.key.principal() != null;
	}

	private GrantLessons lessons() throws IOException {
		GrantLessons lessons = readBeside(this.name.lessons(), LessonsDocument::parse);
		return (lessons != null) ? lessons : GrantLessons.NONE;
	}

	void saveLessons(GrantLessons lessons) throws IOException {
		if (lessons.isEmpty()) {
			this.directory.delete(this.name.lessons());
		}
		else {
			writeBeside(this.name.lessons(), LessonsDocument.render(lessons), LessonsDocument::parse);
		}
	}

	@Nullable OAuthClient loadClient() throws IOException {
		ClientFile present = readBeside(this.name.client(), ClientFile::parse);
		return (present != null) ? present.client() : null;
	}

	void saveClient(OAuthClient client) throws IOException {
		NameFile.write(this.key, this.directory);
		changeClient((present) -> new ClientFile(client, present.boundIssuer()));
	}

	void deleteClient() throws IOException {
		changeClient((present) -> new ClientFile(null, present.boundIssuer()));
	}

	/**
	 * Read the binding. A file that cannot be understood is an error: taken for absent,
	 * it would end the binding.
	 */
	@Nullable String loadIssuer() throws IOException, MalformedRecordException {
		byte[] content = this.directory.read(this.name.client());
		return (content != null) ? ClientFile.parse(content).boundIssuer() : null;
	}

	String bindIssuer(String issuer) throws IOException {
		ClientFile changed = changeClient(
				(present) -> (present.boundIssuer() != null) ? present : new ClientFile(present.client(), issuer));
		return Objects.requireNonNull(changed.boundIssuer());
	}

	/**
	 * Change the client file, which holds two things that different processes write. They
	 * do so under the lock of the directory.
	 */
	private ClientFile changeClient(UnaryOperator<ClientFile> change) throws IOException {
		String file = this.name.client();
		ClientFile present = readBeside(file, ClientFile::parse);
		ClientFile changed = change.apply((present != null) ? present : ClientFile.EMPTY);
		if (changed.equals(ClientFile.EMPTY)) {
			this.directory.delete(file);
		}
		else if (!changed.equals(present)) {
			writeBeside(file, changed.render(), ClientFile::parse);
		}
		return changed;
	}

	@Nullable Map<String, Object> loadMetadata() throws IOException {
		return readBeside(this.name.metadata(), GrantFile::parseMetadata);
	}

	SpendingResult noteSpending(Grant grant, SpendingNote note, Duration young) throws IOException {
		FileState noted = checkSame(grant);
		Instant now = this.clock.instant();
		SpendingDocument present = readBeside(this.name.spending(), SpendingDocument::parse);
		SpendingResult pending = (present != null) ? present.pending(note, now, young) : null;
		if (pending != null) {
			return pending;
		}
		keepIfDamaged(this.name.spending(), SpendingDocument::parse);
		// Not forced to the device, because callers wait for it. The note is for
		// processes that live when this one has died, and a crash of the machine leaves
		// none. The refresh token is tried then as one that was never sent
		this.directory.put(this.name.spending(),
				SpendingDocument.of(note, now).render().getBytes(StandardCharsets.UTF_8));
		this.warned.remove(this.directory.resolve(this.name.spending()));
		// Another program may have replaced the grant while the note was written
		if (!Objects.equals(noted, this.directory.state(this.name.grant()))) {
			try {
				checkSame(grant);
			}
			catch (GrantConflictException ex) {
				this.directory.delete(this.name.spending());
				throw ex;
			}
		}
		return new SpendingResult.Noted(present != null && present.isFor(note));
	}

	void withdrawSpending(String owner) throws IOException {
		SpendingDocument present = readBeside(this.name.spending(), SpendingDocument::parse);
		if (present == null || present.isOf(owner)) {
			// Not forced to the device, because callers wait for it. If the machine
			// crashes, the note that is there again is for a token that was replaced, or
			// costs a question
			this.directory.remove(this.name.spending());
		}
	}

	/**
	 * Prepare the release of the lock. Waits for the end of a write that is under way: a
	 * cancelled write goes on, and the lock must not be released before it has ended.
	 * <p>
	 * Nothing is left of a principal that was purged: the name of the directory is
	 * personal data. A process that waits for the lock notices that its file is gone.
	 */
	synchronized void quiesce() {
		if (!this.purged) {
			return;
		}
		this.purged = false;
		try {
			if (!FileListing.records(this.directory).containsKey(this.name.text())) {
				Files.deleteIfExists(lock());
			}
			Files.deleteIfExists(this.directory.path());
		}
		catch (DirectoryNotEmptyException ex) {
			logger.trace("Records of other servers are left");
		}
		catch (IOException ex) {
			logger.debug("Lock and directory of a principal that was removed could not be removed", ex);
		}
	}

	/**
	 * Check that the stored grant is the one to be replaced. A record that cannot be
	 * understood is copied aside and may be replaced by any grant.
	 */
	private @Nullable FileState check(@Nullable Grant replaces) throws IOException {
		Content content = read();
		try {
			Grant stored = (content != null) ? understand(content) : null;
			if (!Generations.isSame(stored, replaces)) {
				throw new GrantConflictException(this.key.server());
			}
		}
		catch (MalformedRecordException ex) {
			keepAside(this.name.grant(), ex);
		}
		return (content != null) ? content.state : null;
	}

	/**
	 * Check that the stored grant is the one that was read.
	 */
	private @Nullable FileState checkSame(Grant grant) throws IOException {
		Content content = read();
		try {
			if (content != null && Generations.isSame(understand(content), grant)) {
				return content.state;
			}
		}
		catch (MalformedRecordException ex) {
			logger.debug("The file %s %s".formatted(this.path, ex.getMessage()));
		}
		throw new GrantConflictException(this.key.server());
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
		writeBeside(file, content, format, () -> {
		});
	}

	private void writeBeside(String file, byte[] content, Format<?> format, LastLook lastLook) throws IOException {
		keepIfDamaged(file, format);
		this.directory.replace(file, content, lastLook);
		this.warned.remove(this.directory.resolve(file));
	}

	private void keepIfDamaged(String file, Format<?> format) throws IOException {
		byte[] replaced = this.directory.read(file);
		try {
			if (replaced != null) {
				format.parse(replaced);
			}
		}
		catch (MalformedRecordException ex) {
			keepAside(file, ex);
		}
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
	 * Remember a grant that was read, unless a read that began later has ended before.
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
	 * @param began when the look began, and with it the rest of the operation
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
	 * Treat a state as settled, because no other write can lead to it.
	 */
	private boolean settle(FileState state) {
		synchronized (this.memory) {
			this.seen = state;
			this.seenAt = System.nanoTime() - state.tick();
			return true;
		}
	}

	/**
	 * Parses a file.
	 *
	 * @param <T> the type of content
	 */
	@FunctionalInterface
	private interface Format<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

	/**
	 * The content of a file, and its state while it was read.
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
