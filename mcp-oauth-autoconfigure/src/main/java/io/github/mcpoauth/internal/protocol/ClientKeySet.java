// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.github.mcpoauth.internal.text.FileFailure;
import org.jspecify.annotations.Nullable;

/**
 * The private keys of a client, as a JWK Set (RFC 7517, section 5). A new key is
 * published before it signs, and the one before it stays published, so that an
 * authorization server that keeps a copy of the set knows each signature.
 *
 * @param keys the keys, at least one
 */
public record ClientKeySet(List<JWK> keys) {

	/**
	 * How long a key is published before it signs. Servers may keep the set for less time
	 * than this.
	 */
	public static final Duration PUBLISHED_FIRST = Duration.ofHours(1);

	public ClientKeySet {
		keys = List.copyOf(keys);
	}

	/**
	 * Understand a set, or a single key.
	 * @param content the JSON text
	 * @return the set
	 * @throws ParseException if it is neither. Its message may repeat a part of the text
	 */
	static ClientKeySet parse(String content) throws ParseException {
		Map<String, Object> members = JSONObjectUtils.parse(content);
		List<JWK> keys = members.containsKey("keys") ? JWKSet.parse(members).getKeys() : List.of(JWK.parse(members));
		if (keys.isEmpty()) {
			throw new ParseException("no key", 0);
		}
		return new ClientKeySet(keys);
	}

	/**
	 * Read a set. Blocks.
	 * @param file the file
	 * @return the set
	 * @throws UnavailableException if the file cannot be read
	 * @throws UnusableException if it is no set of private keys
	 */
	public static ClientKeySet read(Path file) {
		try {
			ClientKeySet set = parse(Files.readString(file, StandardCharsets.UTF_8));
			if (set.keys.stream().allMatch((key) -> key.isPrivate() && key.toPublicJWK() != null)) {
				return set;
			}
		}
		catch (ParseException ex) {
			// Said below, without the text
		}
		catch (IOException ex) {
			throw new UnavailableException("The keys in %s cannot be read (%s)".formatted(file, FileFailure.reason(ex)),
					null, null);
		}
		throw new UnusableException(
				"The file %s is no JWK Set with private keys. 'mcp client-metadata --new-key=<file>' makes one"
					.formatted(file));
	}

	/**
	 * Add a new key to a file, or make the file. Keys that have not signed since the last
	 * change are dropped. Blocks.
	 * @param file the file
	 * @param now the instant
	 * @return the keys in the file, the new one first
	 * @throws IOException if it cannot be written
	 * @throws UnusableException if the file is there and is no set of private keys
	 */
	public static ClientKeySet renew(Path file, Instant now) throws IOException {
		ClientKeySet present = Files.exists(file) ? read(file) : null;
		List<JWK> keys = new ArrayList<>();
		keys.add(generate(now));
		if (present != null) {
			Instant signing = issued(present.signing(now));
			present.keys.stream().filter((key) -> !issued(key).isBefore(signing)).forEach(keys::add);
		}
		ClientKeySet set = new ClientKeySet(keys);
		set.write(file);
		return set;
	}

	private static JWK generate(Instant now) {
		try {
			return new ECKeyGenerator(Curve.P_256).keyUse(KeyUse.SIGNATURE)
				.algorithm(JWSAlgorithm.ES256)
				.keyIDFromThumbprint(true)
				.issueTime(Date.from(now))
				.generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException("This JVM has no elliptic curve P-256", ex);
		}
	}

	private void write(Path file) throws IOException {
		Path directory = file.toAbsolutePath().getParent();
		boolean posix = Files.getFileStore(directory).supportsFileAttributeView("posix");
		FileAttribute<?>[] attributes = posix
				? new FileAttribute<?>[] {
						PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")) }
				: new FileAttribute<?>[0];
		Path temporary = Files.createTempFile(directory, ".mcp-client-keys", ".tmp", attributes);
		try {
			Files.writeString(temporary, new JWKSet(this.keys).toString(false));
			Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
		}
		finally {
			Files.deleteIfExists(temporary);
		}
	}

	/**
	 * The key to sign with: the newest one that has been published for long enough, or
	 * else the oldest.
	 */
	JWK signing(Instant now) {
		Instant newest = now.minus(PUBLISHED_FIRST);
		Comparator<JWK> byAge = Comparator.comparing(ClientKeySet::issued);
		Optional<JWK> known = this.keys.stream().filter((key) -> !issued(key).isAfter(newest)).max(byAge);
		return known.or(() -> this.keys.stream().min(byAge)).orElseThrow();
	}

	private static Instant issued(JWK key) {
		return (key.getIssueTime() != null) ? key.getIssueTime().toInstant() : Instant.EPOCH;
	}

	/**
	 * The public keys, as they are published.
	 * @return the members of a JWK Set
	 */
	public Map<String, Object> published() {
		return new JWKSet(this.keys).toJSONObject(true);
	}

	/**
	 * Names of the keys.
	 * @return a text for messages
	 */
	public List<@Nullable String> names() {
		return this.keys.stream().map(JWK::getKeyID).toList();
	}

	@Override
	public String toString() {
		return "ClientKeySet%s".formatted(names());
	}

}
