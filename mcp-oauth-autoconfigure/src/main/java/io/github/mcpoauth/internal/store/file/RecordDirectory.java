// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import org.jspecify.annotations.Nullable;

/**
 * A directory of small files that are read and replaced as a whole. At any instant at
 * which the process or the machine dies, a reader finds the old content of a file or the
 * new one: the new one is written to a file of its own in the same directory, private
 * from its creation, forced to the device, renamed over the old one, and the renaming is
 * forced to the device as well.
 */
final class RecordDirectory {

	/**
	 * The largest file that is read, in bytes.
	 */
	static final int LARGEST = JsonMembers.LARGEST;

	private static final Set<PosixFilePermission> READERS = EnumSet.of(PosixFilePermission.GROUP_READ,
			PosixFilePermission.OTHERS_READ);

	private static final Set<PosixFilePermission> WRITERS = EnumSet.of(PosixFilePermission.GROUP_WRITE,
			PosixFilePermission.OTHERS_WRITE);

	private static final int ROOT = 0;

	private static final int MOST_MOVES = 20;

	private static final long MOVE_PAUSE = TimeUnit.MILLISECONDS.toNanos(25);

	/**
	 * How old a file of a writer must be before its writer is taken for dead.
	 */
	private static final long LEFTOVER_AGE = TimeUnit.MINUTES.toNanos(10);

	private final Path path;

	private final boolean posix;

	RecordDirectory(Path path) {
		this.path = path.toAbsolutePath();
		this.posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
	}

	Path path() {
		return this.path;
	}

	Path resolve(String name) {
		return this.path.resolve(name);
	}

	/**
	 * The directory of the records of a grant.
	 * @param key the grant
	 * @return the directory of its principal, this one without a principal
	 */
	RecordDirectory of(GrantKey key) {
		return (key.principal() != null) ? new RecordDirectory(PrincipalName.directory(this.path, key)) : this;
	}

	/**
	 * Look at a file from outside. Links are followed.
	 * @param name the name of the file
	 * @return its state, {@code null} if it does not exist
	 * @throws IOException if that is not known
	 */
	@Nullable FileState state(String name) throws IOException {
		try {
			return FileState.of(Files.readAttributes(resolve(name), BasicFileAttributes.class));
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

	/**
	 * Read a file.
	 * @param name the name of the file
	 * @return its content, cut after {@link #LARGEST} + 1 bytes, {@code null} if it does
	 * not exist
	 * @throws IOException if it cannot be read
	 */
	byte @Nullable [] read(String name) throws IOException {
		try (InputStream content = Files.newInputStream(resolve(name))) {
			return content.readNBytes(LARGEST + 1);
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

	/**
	 * Create the directory if it does not exist, for its owner only.
	 * @throws IOException if that is impossible
	 */
	void create() throws IOException {
		if (!Files.isDirectory(this.path)) {
			Files.createDirectories(this.path, permissions("rwx------"));
			sync(this.path);
		}
	}

	/**
	 * Write a file so that it replaces another one as a whole.
	 * @param name the name of the file
	 * @param content the new content
	 * @throws IOException if that fails
	 */
	void replace(String name, byte[] content) throws IOException {
		replace(name, content, () -> {
		});
	}

	/**
	 * Write a file so that it replaces another one as a whole. A link is followed and its
	 * target replaced, unless another user owns the link.
	 * @param name the name of the file
	 * @param content the new content
	 * @param lastLook called when all is ready and nothing has changed yet
	 * @return the state of the written file
	 * @throws IOException if nothing was replaced, or drafts of writers that died could
	 * not be looked for
	 */
	Written replace(String name, byte[] content, LastLook lastLook) throws IOException {
		return replace(name, content, lastLook, true);
	}

	/**
	 * Write a file as {@link #replace} does, but for one thing: after a crash of the
	 * machine the file may be missing, damaged or the one before.
	 * @param name the name of the file
	 * @param content the new content
	 * @throws IOException if nothing was replaced
	 */
	void put(String name, byte[] content) throws IOException {
		replace(name, content, () -> {
		}, false);
	}

	private Written replace(String name, byte[] content, LastLook lastLook, boolean forced) throws IOException {
		create();
		Path target = target(name);
		Path draft = target.resolveSibling(draftName(target));
		try {
			write(draft, content, forced);
			Written written = sign(draft);
			lastLook.run();
			move(draft, target);
			if (forced) {
				sync(target);
			}
			deleteLeftovers(target, written.state());
			return written;
		}
		finally {
			Files.deleteIfExists(draft);
		}
	}

	/**
	 * Rename a file over another one. Windows refuses that while any process has the
	 * other file open, which takes a moment where it is only read.
	 */
	private void move(Path draft, Path target) throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
				return;
			}
			catch (FileSystemException ex) {
				if (this.posix || attempt == MOST_MOVES) {
					throw ex;
				}
				LockSupport.parkNanos(MOVE_PAUSE);
			}
		}
	}

	/**
	 * Give a file a modification time between two ticks of the clock that other writes
	 * get theirs from, so that no other write looks the same.
	 */
	private static Written sign(Path draft) throws IOException {
		long modified = FileState.of(Files.readAttributes(draft, BasicFileAttributes.class)).modified();
		long signed = modified + ThreadLocalRandom.current().nextLong(1, TimeUnit.MILLISECONDS.toNanos(1));
		Files.setLastModifiedTime(draft, FileTime.from(signed, TimeUnit.NANOSECONDS));
		FileState state = FileState.of(Files.readAttributes(draft, BasicFileAttributes.class));
		return new Written(state, state.modified() == signed);
	}

	/**
	 * Copy a file to a name that does not exist yet.
	 * @param name the name of the file
	 * @param asideName the wanted name of the copy
	 * @return the copy, {@code null} if there was no file
	 * @throws IOException if the copy could not be made
	 */
	@Nullable Path keepAside(String name, String asideName) throws IOException {
		for (int copy = 0;; copy++) {
			Path aside = resolve((copy == 0) ? asideName : asideName + "-" + copy);
			try (FileChannel from = FileChannel.open(resolve(name), StandardOpenOption.READ);
					FileChannel to = FileChannel.open(aside, creating(), permissions("rw-------"))) {
				to.transferFrom(from, 0, Long.MAX_VALUE);
				to.force(true);
				return aside;
			}
			catch (NoSuchFileException ex) {
				return null;
			}
			catch (FileAlreadyExistsException ex) {
				if (copy == 100) {
					throw ex;
				}
			}
		}
	}

	/**
	 * Remove a file. If it is a link, its target is removed as well, unless another user
	 * owns the link.
	 * @param name the name of the file
	 * @throws IOException if the file is still there
	 */
	void delete(String name) throws IOException {
		Path file = resolve(name);
		Path target = target(name);
		if (remove(name)) {
			sync(target);
			if (!target.equals(file)) {
				sync(file);
			}
		}
	}

	/**
	 * Remove a file as {@link #delete} does, but for one thing: after a crash of the
	 * machine the file may be there again.
	 * @param name the name of the file
	 * @return whether there was a file
	 * @throws IOException if the file is still there
	 */
	boolean remove(String name) throws IOException {
		boolean removed = Files.deleteIfExists(target(name));
		return Files.deleteIfExists(resolve(name)) || removed;
	}

	/**
	 * Remove all files with a certain start of their names.
	 * @param prefix the start of their names
	 * @throws IOException if one of them is still there
	 */
	void deleteAll(String prefix) throws IOException {
		try (DirectoryStream<Path> files = Files.newDirectoryStream(this.path,
				(file) -> file.getFileName().toString().startsWith(prefix))) {
			for (Path file : files) {
				Files.deleteIfExists(file);
			}
		}
		catch (NoSuchFileException ex) {
			// No directory, no files
		}
	}

	/**
	 * Remove drafts of writers that died before they could rename them. The file that has
	 * just been written tells the time by the same clock.
	 */
	private void deleteLeftovers(Path target, FileState written) throws IOException {
		Pattern drafts = Pattern.compile(Pattern.quote("." + target.getFileName() + ".") + "[0-9a-f]{16}\\.tmp");
		try (DirectoryStream<Path> files = Files.newDirectoryStream(parent(target),
				(file) -> drafts.matcher(file.getFileName().toString()).matches())) {
			for (Path file : files) {
				if (isOlder(file, written.modified() - LEFTOVER_AGE)) {
					Files.deleteIfExists(file);
				}
			}
		}
	}

	/**
	 * The access that users other than this process's have to a file or the directory.
	 * The rule is the one of {@code sshd}: the owner is the user or root, and only the
	 * owner may write.
	 * @param file the file or the directory
	 * @return the access as a verb, {@code null} if there is no access or it is not known
	 * @throws IOException if it cannot be read
	 */
	@Nullable String exposure(Path file) throws IOException {
		if (!this.posix) {
			return null;
		}
		Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
		if (isForeign(file) || permissions.stream().anyMatch(WRITERS::contains)) {
			return "change";
		}
		return permissions.stream().anyMatch(READERS::contains) ? "read" : null;
	}

	/**
	 * Whether a file belongs to another user than this process's and root.
	 */
	private boolean isForeign(Path file) {
		try {
			Integer owner = owner(file);
			Integer user = owner(Path.of("/proc/self"));
			return owner != null && owner != ROOT && user != null && !owner.equals(user);
		}
		catch (IOException ex) {
			// Not known without the proc file system
			return false;
		}
	}

	private @Nullable Integer owner(Path file) throws IOException {
		boolean known = this.posix && file.getFileSystem().supportedFileAttributeViews().contains("unix");
		return known ? (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS) : null;
	}

	/**
	 * Open a file for writing that holds no content of its own, and create it if it does
	 * not exist. A link is not followed.
	 * @param path the path of the file
	 * @return the channel
	 * @throws IOException if it cannot be opened, or is not a plain file
	 */
	static FileChannel openMarker(Path path) throws IOException {
		boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
		if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
			throw new FileSystemException(path.toString(), null, "is a link or no plain file");
		}
		Set<OpenOption> options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE,
				LinkOption.NOFOLLOW_LINKS);
		return FileChannel.open(path, options, posix ? permissionsOf("rw-------") : new FileAttribute<?>[0]);
	}

	/**
	 * The advice for an operator after a failure.
	 * @param failure the failure
	 * @return the end of a message, empty if no setting can help
	 */
	String advice(Throwable failure) {
		boolean denied = failure instanceof AccessDeniedException || failure instanceof ReadOnlyFileSystemException
				|| (failure instanceof FileSystemException refused
						&& String.valueOf(refused.getReason()).contains("Read-only"));
		return (denied || !Files.isDirectory(this.path))
				? ". Let this process write to %s, or set 'mcp.oauth.store.file.directory' to a directory where it may"
					.formatted(this.path)
				: "";
	}

	private static boolean isOlder(Path file, long instant) {
		try {
			return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS) < instant;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private void write(Path file, byte[] content, boolean forced) throws IOException {
		try (FileChannel channel = FileChannel.open(file, creating(), permissions("rw-------"))) {
			ByteBuffer buffer = ByteBuffer.wrap(content);
			while (buffer.hasRemaining()) {
				channel.write(buffer);
			}
			if (forced) {
				channel.force(true);
			}
		}
	}

	private Path target(String name) throws IOException {
		Path file = resolve(name);
		// A link of another user may be planted: followed, it would let that user have
		// any file of this process overwritten. So it is replaced or removed itself
		if (!Files.isSymbolicLink(file) || isForeign(file)) {
			return file;
		}
		try {
			return file.toRealPath();
		}
		catch (NoSuchFileException ex) {
			return file;
		}
	}

	/**
	 * Force a renaming or removal to the device, where directories can be opened.
	 */
	private void sync(Path file) {
		if (!this.posix) {
			return;
		}
		try (FileChannel directory = FileChannel.open(parent(file), StandardOpenOption.READ)) {
			directory.force(true);
		}
		catch (IOException ex) {
			// The change is visible already, and some file systems cannot do this
		}
	}

	private Path parent(Path file) {
		Path parent = file.getParent();
		return (parent != null) ? parent : this.path;
	}

	private static String draftName(Path target) {
		return ".%s.%s.tmp".formatted(target.getFileName(),
				HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
	}

	private static Set<OpenOption> creating() {
		return Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
	}

	private FileAttribute<?>[] permissions(String permissions) {
		return this.posix ? permissionsOf(permissions) : new FileAttribute<?>[0];
	}

	private static FileAttribute<?>[] permissionsOf(String permissions) {
		return new FileAttribute<?>[] {
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)) };
	}

	/**
	 * A written file.
	 *
	 * @param state the state of the file
	 * @param signed whether no other write gives it that state. File systems that do not
	 * keep times to the nanosecond cannot have that
	 */
	record Written(FileState state, boolean signed) {

	}

	/**
	 * The last chance to keep a file from being replaced.
	 */
	@FunctionalInterface
	interface LastLook {

		void run() throws IOException;

	}

}
