// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.TokenStore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link EncryptedTokenStore} with what an operator sees: files.
 */
@ExtendWith(OutputCaptureExtension.class)
class EncryptedTokenStoreTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("linear");

	private static final GrantKey OTHER_KEY = GrantKey.of("github");

	private static final Secret FIRST = key(1);

	private static final Secret SECOND = key(2);

	@TempDir
	private Path directory;

	private final AtomicInteger locks = new AtomicInteger();

	/**
	 * Records are encrypted again in the background, which must not write into a
	 * directory that is being deleted.
	 */
	@AfterEach
	void awaitRewriting() {
		Awaitility.await().atMost(PATIENCE).until(() -> this.locks.get() == 0);
	}

	@Test
	void saveWhenEncryptedWritesNoSecret() throws IOException {
		TokenStore store = store(FIRST);
		get(store.save(KEY, grant(), null));
		store.saveClient(KEY, client()).block(PATIENCE);
		try (Stream<Path> files = Files.walk(this.directory).filter(Files::isRegularFile)) {
			for (Path file : files.toList()) {
				assertThat(Files.readString(file)).as(file.toString()).doesNotContain("sesame");
			}
		}
		assertThat(Files.readString(file())).contains("expires_at", "https://as.example", "{aes-gcm:");
		assertThat(get(store(FIRST).load(KEY)).grant()).isEqualTo(grant());
		assertThat(store(FIRST).loadClient(KEY).block(PATIENCE)).isEqualTo(client());
	}

	@Test
	void saveWhenSameSecretIsSavedAgainLooksDifferent() throws IOException {
		TokenStore store = store(FIRST);
		get(store.save(KEY, grant(), null));
		String once = Files.readString(file());
		get(store.save(KEY, grant().mutate().generation(2).build(), grant()));
		assertThat(sealed(once)).isNotEqualTo(sealed(Files.readString(file())));
	}

	@Test
	@DisplayName("A plain record is used at once, and written again encrypted")
	void loadWhenRecordIsPlainReadsItAndEncryptsIt() throws IOException {
		get(plain().save(KEY, grant(), null));
		plain().saveClient(KEY, client()).block(PATIENCE);
		assertThat(Files.readString(file())).contains("sesame-access");
		TokenStore store = store(FIRST);
		Grant read = get(store.load(KEY)).grant();
		assertThat(read).isEqualTo(grant());
		awaitNoSecret(store);
		Grant again = get(store.load(KEY)).grant();
		assertThat(again).isEqualTo(grant().mutate().generation(2).build());
		assertThat(store.loadClient(KEY).block(PATIENCE)).isEqualTo(client());
		assertThat(Files.readString(this.directory.resolve("linear.client.json"))).doesNotContain("sesame");
	}

	@Test
	@DisplayName("A bare token response of an outside job is read, completed and encrypted")
	void loadWhenSomebodyReplacedTheFileReadsAndEncryptsIt() throws IOException {
		TokenStore store = store(FIRST);
		get(store.save(KEY, grant(), null));
		Files.writeString(file(), "{\"access_token\":\"sesame-outside\",\"token_type\":\"Bearer\",\"expires_in\":60}");
		Grant read = Objects.requireNonNull(get(store.load(KEY)).grant());
		assertThat(read.accessToken()).isEqualTo(Secret.of("sesame-outside"));
		assertThat(read.refreshToken()).isEqualTo(Secret.of("sesame-refresh"));
		assertThat(read.dpopKey()).isEqualTo(Secret.of("sesame-key"));
		awaitNoSecret(store);
		assertThat(get(store.load(KEY)).grant()).isNotNull()
			.satisfies((grant) -> assertThat(grant.accessToken()).isEqualTo(Secret.of("sesame-outside")));
	}

	@Test
	void loadWhenLockIsHeldByTheCallerDoesNotWaitForTheRewriting() throws IOException {
		get(plain().save(KEY, grant(), null));
		TokenStore store = store(FIRST);
		Grant next = grant().mutate().accessToken(Secret.of("sesame-next")).generation(2).build();
		Mono<Grant> work = store.load(KEY)
			.flatMap((stored) -> store.save(KEY, next, stored.grant()))
			.mapNotNull((stored) -> stored.grant());
		assertThat(store.locked(KEY, PATIENCE, work).block(PATIENCE)).isEqualTo(next);
		assertThat(Files.readString(file())).doesNotContain("sesame");
		assertThat(get(store(FIRST).load(KEY)).grant()).isNotNull()
			.satisfies((grant) -> assertThat(grant.hasTokensOf(next)).isTrue());
	}

	@Test
	void loadWhenRecordCannotBeEncryptedWarnsOnce(CapturedOutput output) {
		get(plain().save(KEY, grant(), null));
		plain().saveClient(KEY, client()).block(PATIENCE);
		TokenStore store = unlockable(new TokenStoreException("linear", "The disk is full", null));
		assertThat(get(store.load(KEY)).grant()).isEqualTo(grant());
		assertThat(store.loadClient(KEY).block(PATIENCE)).isEqualTo(client());
		assertThat(output.getOut().lines().filter((line) -> line.contains("could not be encrypted"))).singleElement()
			.asString()
			.contains("Secrets of MCP server 'linear' stay in", "The disk is full");
		store.forget(KEY);
		store.load(KEY).block(PATIENCE);
		assertThat(output.getOut().lines().filter((line) -> line.contains("could not be encrypted"))).hasSize(2);
	}

	@Test
	void loadWhenEncryptingFailsUnexpectedlyDoesNotShowWhy(CapturedOutput output) {
		get(plain().save(KEY, grant(), null));
		assertThat(get(unlockable(new IllegalStateException("sesame")).load(KEY)).grant()).isEqualTo(grant());
		assertThat(output).contains("could not be encrypted: the store failed unexpectedly").doesNotContain("sesame");
	}

	@Test
	void loadWhenAnotherProcessHoldsTheRecordLeavesItForAnotherTimeInSilence(CapturedOutput output) {
		get(plain().save(KEY, grant(), null));
		assertThat(get(unlockable(new LockTimeoutException("linear", "lock", PATIENCE)).load(KEY)).grant())
			.isEqualTo(grant());
		assertThat(get(unlockable(new GrantConflictException("linear")).load(KEY)).grant()).isEqualTo(grant());
		assertThat(output).doesNotContain("could not be encrypted");
	}

	@Test
	void loadClientWhenOnlyItIsPlainEncryptsIt() {
		get(store(FIRST).save(KEY, grant(), null));
		plain().saveClient(KEY, client()).block(PATIENCE);
		assertThat(store(FIRST).loadClient(KEY).block(PATIENCE)).isEqualTo(client());
		Path file = this.directory.resolve("linear.client.json");
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(Files.readString(file)).doesNotContain("sesame"));
	}

	@Test
	@DisplayName("Rotation: the old key still reads, the new one writes, then the old one can go")
	void loadWhenKeyWasRotatedReadsAndEncryptsAgain() throws IOException {
		TokenStore before = store(FIRST);
		get(before.save(KEY, grant(), null));
		before.saveClient(KEY, client()).block(PATIENCE);
		String sealedBefore = Files.readString(file());
		TokenStore rotated = store(SECOND, FIRST);
		assertThat(get(rotated.load(KEY)).grant()).isEqualTo(grant());
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(sealed(Files.readString(file()))).isNotEqualTo(sealed(sealedBefore)));
		TokenStore after = store(SECOND);
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.until(() -> client().equals(after.loadClient(KEY).block(PATIENCE)));
		assertThat(get(after.load(KEY)).grant()).isEqualTo(grant().mutate().generation(2).build());
	}

	@Test
	@DisplayName("A wrong key is a named error that destroys nothing")
	void loadWhenKeyIsWrongFailsAndLeavesTheRecord() throws IOException {
		get(store(FIRST).save(KEY, grant(), null));
		store(FIRST).saveClient(KEY, client()).block(PATIENCE);
		String record = Files.readString(file());
		TokenStore wrong = store(SECOND);
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(wrong.load(KEY)))
			.withMessageContaining("linear")
			.withMessageContaining("mcp.oauth.store.encryption.keys")
			.satisfies((ex) -> assertThat(ex).message().doesNotContain("sesame", SECOND.reveal(), FIRST.reveal()));
		assertThatExceptionOfType(EncryptedRecordException.class)
			.isThrownBy(() -> wrong.loadClient(KEY).block(PATIENCE));
		assertThatExceptionOfType(EncryptedRecordException.class)
			.isThrownBy(() -> get(wrong.save(KEY, grant().mutate().generation(2).build(), grant())));
		assertThatExceptionOfType(GrantConflictException.class).isThrownBy(() -> get(wrong.save(KEY, grant(), null)));
		assertThat(Files.readString(file())).isEqualTo(record);
		assertThat(get(store(FIRST).load(KEY)).grant()).isEqualTo(grant());
	}

	@Test
	void deleteWhenKeyIsWrongRemovesTheRecord() {
		get(store(FIRST).save(KEY, grant(), null));
		store(SECOND).delete(KEY).block(PATIENCE);
		assertThat(get(store(SECOND).load(KEY)).grant()).isNull();
	}

	@Test
	@DisplayName("A record that was sealed before there were principals opens as the application's own")
	void loadWhenRecordWasSealedBeforeThereWerePrincipalsOpens() throws Exception {
		byte[] key = Base64.getDecoder().decode(FIRST.reveal());
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		digest.update("mcp-oauth key id".getBytes(StandardCharsets.US_ASCII));
		String id = HexFormat.of().formatHex(digest.digest(key), 0, 4);
		Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
		cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, new byte[12]));
		cipher.updateAAD("mcp-oauth\0linear\0access_token".getBytes(StandardCharsets.UTF_8));
		byte[] sealed = cipher.doFinal("sesame-access".getBytes(StandardCharsets.UTF_8));
		byte[] all = ByteBuffer.allocate(12 + sealed.length).put(new byte[12]).put(sealed).array();
		String text = "{aes-gcm:%s}%s".formatted(id, Base64.getUrlEncoder().withoutPadding().encodeToString(all));
		get(plain().save(KEY, Grant.with(Secret.of(text)).generation(1).build(), null));
		assertThat(get(store(FIRST).load(KEY)).grant())
			.isEqualTo(Grant.with(Secret.of("sesame-access")).generation(1).build());
	}

	@Test
	@DisplayName("The principal's name is bound: a record moved to another principal, or the application, does not open")
	void loadWhenRecordWasMovedToAnotherPrincipalFails() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		GrantKey bob = GrantKey.of("linear", "bob");
		TokenStore store = store(FIRST);
		get(store.save(alice, grant(), null));
		get(store.save(bob, grant(), null));
		assertThat(get(store(FIRST).load(alice)).grant()).isEqualTo(grant());
		Path record = Path.of(store.location(alice));
		for (GrantKey key : List.of(bob, KEY)) {
			Files.copy(record, Path.of(store.location(key)), StandardCopyOption.REPLACE_EXISTING);
			assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(store(FIRST).load(key)));
		}
	}

	@Test
	@DisplayName("The server's name is bound: a record moved to another server does not open")
	void loadWhenRecordIsAnotherServersFails() throws IOException {
		get(store(FIRST).save(KEY, grant(), null));
		Files.copy(file(), this.directory.resolve(FileTokenStore.fileName(OTHER_KEY)));
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(store(FIRST).load(OTHER_KEY)))
			.withMessageContaining("github");
	}

	@Test
	@DisplayName("The member's name is bound: a refresh token does not open as an access token")
	void loadWhenSealedTokensAreSwappedFails() {
		get(store(FIRST).save(KEY, grant(), null));
		Grant sealed = Objects.requireNonNull(get(plain().load(KEY)).grant());
		Secret refreshToken = Objects.requireNonNull(sealed.refreshToken());
		get(plain().save(KEY,
				sealed.mutate().accessToken(refreshToken).refreshToken(sealed.accessToken()).generation(2).build(),
				sealed));
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(store(FIRST).load(KEY)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{aes-gcm:", "{aes-gcm:}", "{aes-gcm:ID}", "{aes-gcm:ID}AAAA", "{aes-gcm:ID}!!!",
			"{aes-gcm:<script>}AAAA", "{aes-gcm:2:", "{aes-gcm:2:}", "{aes-gcm:2:ID}AAAA", "{aes-gcm:2:ID}!!!" })
	void loadWhenSealIsBrokenFails(String text) throws IOException {
		get(store(FIRST).save(KEY, grant(), null));
		String id = Files.readString(file()).replaceAll("(?s).*?\\{aes-gcm:2:([0-9a-f]+)}.*", "$1");
		Files.writeString(file(), "{\"access_token\":\"%s\",\"generation\":3}".formatted(text.replace("ID", id)));
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(store(FIRST).load(KEY)))
			.withMessageNotContaining("<script>");
	}

	@ParameterizedTest
	@ValueSource(strings = { "token_endpoint", "issuer", "resource", "client_id", "expires_at" })
	@DisplayName("S3, law 21: secrets do not open beside another destination")
	void loadWhenDestinationWasChangedFails(String member) throws IOException {
		Grant grant = grant().mutate()
			.tokenEndpoint(URI.create("https://as.example/token"))
			.resource("https://mcp.example/mcp")
			.build();
		get(store(FIRST).save(KEY, grant, null));
		String record = Files.readString(file());
		String value = member.equals("expires_at") ? "4102444800" : "\"https://evil.example/x\"";
		Files.writeString(file(),
				record.replaceAll("\"" + member + "\" ?: ?[^,\n}]+", "\"" + member + "\" : " + value));
		assertThat(Files.readString(file())).isNotEqualTo(record);
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(store(FIRST).load(KEY)));
		Files.writeString(file(), record);
		assertThat(get(store(FIRST).load(KEY)).grant()).isEqualTo(grant);
	}

	@Test
	@DisplayName("S3, law 21: client, metadata and issuer binding do not open changed")
	void loadWhenClientOrMetadataOrBindingWasChangedFails() throws IOException {
		TokenStore store = store(FIRST);
		get(store.save(KEY, grant(), null, Map.of("token_endpoint", "https://as.example/token")));
		store.saveClient(KEY, client()).block(PATIENCE);
		get(store.bindIssuer(KEY, "https://as.example"));
		assertThat(get(store.loadMetadata(KEY))).containsEntry("token_endpoint", "https://as.example/token");
		assertThat(get(store.loadIssuer(KEY))).isEqualTo("https://as.example");
		assertThat(get(plain().loadMetadata(KEY)).toString()).doesNotContain("as.example");
		assertThat(get(plain().loadIssuer(KEY))).doesNotContain("as.example");
		Path file = this.directory.resolve("linear.client.json");
		Files.writeString(file, Files.readString(file).replace("\"https://as.example\"", "\"https://evil.example\""));
		assertThatExceptionOfType(EncryptedRecordException.class)
			.isThrownBy(() -> store(FIRST).loadClient(KEY).block(PATIENCE));
		plain().purge(OTHER_KEY).block(PATIENCE);
		get(plain().bindIssuer(OTHER_KEY, get(plain().loadIssuer(KEY))));
		assertThatExceptionOfType(EncryptedRecordException.class).as("moved to another server")
			.isThrownBy(() -> get(store(FIRST).loadIssuer(OTHER_KEY)));
	}

	@Test
	@DisplayName("S19: allow-plain=false refuses plain records and writes nothing")
	void loadWhenPlainIsNotAllowedFails() throws IOException {
		get(plain().save(KEY, grant(), null, Map.of("issuer", "https://as.example")));
		plain().saveClient(KEY, client()).block(PATIENCE);
		get(plain().bindIssuer(KEY, "https://as.example"));
		String record = Files.readString(file());
		TokenStore strict = new EncryptedTokenStore(plain(), EncryptionKeys.of(List.of(FIRST)), false);
		for (Mono<?> load : List.of(strict.load(KEY), strict.loadClient(KEY), strict.loadMetadata(KEY),
				strict.loadIssuer(KEY))) {
			assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> load.block(PATIENCE))
				.withMessageContaining("allow-plain");
		}
		assertThat(Files.readString(file())).isEqualTo(record);
		get(store(FIRST).load(KEY));
		awaitNoSecret(store(FIRST));
		assertThat(get(strict.load(KEY)).grant()).isNotNull();
	}

	@Test
	@DisplayName("X4: a process without the key sends nothing and deletes nothing")
	void loadWhenThereIsNoKeyFailsForSealedRecordsOnly() throws IOException {
		TokenStore without = new EncryptedTokenStore(plain(), EncryptionKeys.none(), true);
		get(without.save(OTHER_KEY, grant(), null, Map.of("issuer", "https://as.example")));
		assertThat(get(plain().load(OTHER_KEY)).grant()).isEqualTo(grant());
		assertThat(get(without.load(OTHER_KEY)).grant()).isEqualTo(grant());
		get(store(FIRST).save(KEY, grant(), null));
		store(FIRST).saveClient(KEY, client()).block(PATIENCE);
		String record = Files.readString(file());
		assertThatExceptionOfType(EncryptedRecordException.class).isThrownBy(() -> get(without.load(KEY)))
			.withMessageContaining("not among the configured keys []");
		assertThatExceptionOfType(EncryptedRecordException.class)
			.isThrownBy(() -> without.loadClient(KEY).block(PATIENCE));
		assertThat(Files.readString(file())).isEqualTo(record);
		assertThat(store(FIRST).loadClient(KEY).block(PATIENCE)).isEqualTo(client());
	}

	@Test
	@DisplayName("The key of the logins is sealed, and sealed again when it is plain or its key was rotated")
	void loginKeyWhenEncryptedIsSealed() throws IOException {
		Path file = this.directory.resolve("logins.key");
		String key = get(loginKey(plain(), "the-login-key"));
		assertThat(Files.readString(file)).isEqualTo(key);
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> loginKey(new EncryptedTokenStore(plain(), EncryptionKeys.of(List.of(FIRST)), false), "x")
				.block(PATIENCE))
			.withMessageContaining("allow-plain");
		assertThat(get(loginKey(store(FIRST), "another"))).isEqualTo(key);
		String sealed = Files.readString(file);
		assertThat(sealed).doesNotContain(key);
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> loginKey(store(SECOND), "another").block(PATIENCE))
			.withMessageContaining("cannot be decrypted");
		assertThat(Files.readString(file)).isEqualTo(sealed);
		assertThat(get(loginKey(store(SECOND, FIRST), "another"))).isEqualTo(key);
		assertThat(get(loginKey(store(SECOND), "another"))).isEqualTo(key);
	}

	private static Mono<String> loginKey(TokenStore store, String candidate) {
		return Objects.requireNonNull(store.logins()).key(null, candidate);
	}

	@ParameterizedTest
	@ValueSource(strings = { "sesame", "AAAA", "!!!!", "AAAAAAAAAAAAAAAAAAAAAA==" })
	void keysWhenOneIsNoKeyFailWithoutSayingIt(String key) {
		assertThatIllegalArgumentException().isThrownBy(() -> EncryptionKeys.of(List.of(FIRST, Secret.of(key))))
			.withMessageContaining("key 2")
			.withMessageNotContaining(key)
			.withNoCause();
	}

	@Test
	void keysWhenPrintedSayNoKey() {
		assertThat(EncryptionKeys.of(List.of(FIRST)).toString()).doesNotContain(FIRST.reveal());
	}

	private TokenStore store(Secret... keys) {
		return new EncryptedTokenStore(plain(), EncryptionKeys.of(List.of(keys)), true);
	}

	private TokenStore unlockable(RuntimeException failure) {
		return new EncryptedTokenStore(new DelegatingTokenStore(new FileTokenStore(this.directory)) {

			@Override
			public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
				return Mono.error(failure);
			}

		}, EncryptionKeys.of(List.of(FIRST)), true);
	}

	private TokenStore plain() {
		return new DelegatingTokenStore(new FileTokenStore(this.directory)) {

			@Override
			public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
				AtomicInteger locks = EncryptedTokenStoreTests.this.locks;
				return super.locked(key, wait, work).doFirst(locks::incrementAndGet)
					.doFinally((signal) -> locks.decrementAndGet());
			}

		};
	}

	private Path file() {
		return this.directory.resolve(FileTokenStore.fileName(KEY));
	}

	private void awaitNoSecret(TokenStore store) {
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(Files.readString(file())).doesNotContain("sesame"));
		store.locked(KEY, PATIENCE, Mono.just(true)).block(PATIENCE);
	}

	private static String sealed(String record) {
		return record.replaceAll("(?s).*\"access_token\" ?: ?\"([^\"]*)\".*", "$1");
	}

	private static Grant grant() {
		return Grant.with(Secret.of("sesame-access"))
			.refreshToken(Secret.of("sesame-refresh"))
			.dpopKey(Secret.of("sesame-key"))
			.issuedAt(Instant.parse("2030-01-02T03:04:05Z"))
			.expiresAt(Instant.parse("2030-01-02T04:04:05Z"))
			.scope(Set.of("read"))
			.issuer("https://as.example")
			.clientId("client-1")
			.generation(1)
			.additional(Map.of("id_token", "sesame-identity"))
			.build();
	}

	private static OAuthClient client() {
		return OAuthClient.with("client-1", OAuthClient.Origin.REGISTERED)
			.secret(Secret.of("sesame-client"))
			.authMethod("client_secret_basic")
			.issuer("https://as.example")
			.redirectUris(Set.of("http://127.0.0.1:7777/callback"))
			.scope(Set.of("read"))
			.additional(Map.of("registration_access_token", "sesame-registration"))
			.build();
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

	private static Secret key(int fill) {
		byte[] bytes = new byte[32];
		Arrays.fill(bytes, (byte) fill);
		return Secret.of(Base64.getEncoder().encodeToString(bytes));
	}

}
