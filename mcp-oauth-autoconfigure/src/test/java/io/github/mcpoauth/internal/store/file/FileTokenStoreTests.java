// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult.Noted;
import io.github.mcpoauth.store.StoredGrant;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link FileTokenStore}, beyond the contract of token stores.
 */
@ExtendWith(OutputCaptureExtension.class)
class FileTokenStoreTests {

	private static final SpendingNote NOTE = new SpendingNote("0123456789abcdef", "owner");

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("linear");

	private static final Instant NOW = Instant.parse("2030-01-02T03:04:05.678Z");

	@TempDir
	private Path root;

	@Test
	void defaultDirectoryIsInTheHomeDirectory() {
		assertThat(FileTokenStore.defaultDirectory())
			.isEqualTo(Path.of(System.getProperty("user.home")).resolve(".mcp-oauth"));
	}

	@ParameterizedTest
	@CsvSource({ "linear,linear.json", "my-server_2,my-server_2.json", "my.server,my_server.json",
			"../etc/passwd,etc_passwd.json", "..,default.json", "a\\b,a_b.json", "_x_,x.json", "Zürich 8,Zürich_8.json",
			"https://mcp.example.com/mcp,https___mcp_example_com_mcp.json", ".hidden,hidden.json",
			"linear.client,linear_client.json" })
	@DisplayName("F31: file names are those of Hermes agent and stay in the directory")
	void fileNameWhenNameIsOddReplacesWhatIsUnsafe(String server, String fileName) {
		assertThat(FileTokenStore.fileName(GrantKey.of(server))).isEqualTo(fileName);
	}

	@Test
	void fileNameWhenNameIsLongIsCut() {
		assertThat(FileTokenStore.fileName(GrantKey.of("a".repeat(1000)))).hasSize(128 + ".json".length());
		String wide = FileTokenStore.fileName(GrantKey.of("\uD83D\uDE00名".repeat(1000)));
		assertThat(wide.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(200);
	}

	@Test
	@DisplayName("F31: names that collide on disk are found")
	void collisionsWhenFilesWouldBeTheSameTellsWhich() {
		assertThat(FileTokenStore.collisions(keys("linear", "github", "linear2"))).isEmpty();
		assertThat(FileTokenStore.collisions(keys("my.server", "my_server", "other"))).hasSize(1)
			.hasEntrySatisfying("my_server.json",
					(keys) -> assertThat(keys).containsExactlyInAnyOrderElementsOf(keys("my.server", "my_server")));
		assertThat(FileTokenStore.collisions(keys("GitHub", "github"))).hasSize(1);
		assertThat(FileTokenStore.collisions(keys("Ａgent", "agent"))).hasSize(1);
		assertThat(FileTokenStore.collisions(keys("straße", "STRASSE"))).hasSize(1);
	}

	@Test
	@DisplayName("F31: the second of two names that collide is refused, the first one's record is not touched")
	void loadWhenFileBelongsToAnotherServerFails() {
		FileTokenStore store = store();
		save(store, grant("first", 1), null);
		assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> run(store.load(GrantKey.of("LINEAR"))))
			.withMessageContaining("linear")
			.withMessageContaining("LINEAR");
		run(store.purge(KEY));
		assertThat(get(store.load(GrantKey.of("LINEAR"))).grant()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "../../etc/passwd", "/etc/passwd", "..", "a/b", "a\\b", "C:con", "\u202e", "a.json" })
	@DisplayName("A principal's name stays below the directory, whatever it is")
	void locationWhenPrincipalIsOddStaysInTheDirectory(String principal) {
		Path file = Path.of(store().location(GrantKey.of("linear", principal)));
		assertThat(file.normalize()).isEqualTo(file);
		Path directory = Objects.requireNonNull(file.getParent());
		assertThat(directory.getParent()).isEqualTo(file("principals").toAbsolutePath());
		assertThat(file.getFileName()).hasToString("linear.json");
		assertThat(directory.getFileName()).asString().matches("[A-Za-z0-9_]{1,32}-[0-9a-f]{32}");
	}

	@Test
	@DisplayName("Data protection: nothing is left of a principal, the name of the directory included")
	void purgeWhenLastRecordOfAPrincipalGoesRemovesTheDirectory() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		GrantKey elsewhere = GrantKey.of("my/server", "alice");
		FileTokenStore store = store();
		for (GrantKey key : List.of(alice, elsewhere)) {
			run(store.locked(key, PATIENCE, store.save(key, grant("first", 1), null)));
		}
		run(store.locked(alice, PATIENCE, store.purge(alice)));
		assertThat(principalFiles()).hasSize(5).allMatch((file) -> !file.contains("linear"));
		run(store.locked(elsewhere, PATIENCE, store.purge(elsewhere)));
		assertThat(principalFiles()).isEmpty();
		run(store.locked(alice, PATIENCE, store.save(alice, grant("second", 2), null)));
		assertThat(get(store().load(alice)).grant()).isEqualTo(grant("second", 2));
	}

	@Test
	@DisplayName("Data protection: a directory with a lock file alone is found by the name of its principal")
	void listWhenOnlyALockFileIsLeftFindsItByTheName() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		FileTokenStore store = store();
		run(store.locked(alice, PATIENCE, Mono.just("work")));
		assertThat(principalFiles()).hasSize(2);
		assertThat(get(store.list(GrantQuery.all(10))).entries()).isEmpty();
		assertThat(get(store.list(GrantQuery.all(10).ofPrincipal("alice"))).entries())
			.containsExactly(new GrantQuery.Entry(alice, false));
		run(store.locked(alice, PATIENCE, store.purge(alice)));
		assertThat(principalFiles()).isEmpty();
	}

	@Test
	void listWhenAnotherProgramReplacesTheRecordStillNamesItsPrincipal() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		run(store().locked(alice, PATIENCE, store().save(alice, grant("first", 1), null)));
		Path record = Path.of(store().location(alice));
		Files.writeString(record, "{\"access_token\": \"bare\"}");
		assertThat(get(store().list(GrantQuery.all(10))).entries()).containsExactly(new GrantQuery.Entry(alice, true));
		Files.delete(record.resolveSibling(".principal.json"));
		assertThat(get(store().list(GrantQuery.all(10))).entries()).as("of an older version").isEmpty();
		assertThat(get(store().list(GrantQuery.all(10).ofPrincipal("alice"))).entries()).hasSize(1);
		FileTokenStore store = store();
		Grant bare = get(store.load(alice)).grant();
		run(store.locked(alice, PATIENCE, store.save(alice, grant("second", 2), bare)));
		assertThat(get(store().list(GrantQuery.all(10))).entries()).as("after the next write").hasSize(1);
	}

	@Test
	void listWhenFilesAreNotOurOwnLeavesThemOut() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		run(store().locked(alice, PATIENCE, store().save(alice, grant("first", 1), null)));
		Path directory = Objects.requireNonNull(Path.of(store().location(alice)).getParent());
		Path copy = Files.createDirectory(directory.resolveSibling("copy-of-alice"));
		Files.copy(directory.resolve("linear.json"), copy.resolve("linear.json"));
		Files.copy(directory.resolve(".principal.json"), copy.resolve(".principal.json"));
		Files.writeString(directory.resolveSibling("README.txt"), "no directory");
		Files.writeString(directory.resolve("notes"), "no record");
		Files.createDirectory(directory.resolveSibling("empty"));
		assertThat(get(store().list(GrantQuery.all(10))).entries()).containsExactly(new GrantQuery.Entry(alice, true));
	}

	private List<String> principalFiles() throws IOException {
		Path principals = file("principals");
		try (Stream<Path> files = Files.walk(principals)) {
			return files.filter((path) -> !path.equals(principals))
				.map((path) -> path.getFileName().toString())
				.toList();
		}
	}

	@Test
	@DisplayName("The application's own files stand where they always did, and a principal's where they are documented")
	void saveWhenThereIsAPrincipalWritesToADirectoryOfItsOwn() throws IOException {
		GrantKey alice = GrantKey.of("linear", "alice");
		Grant grant = Grant.with(Secret.of("token")).generation(1).build();
		FileTokenStore store = store();
		run(store.locked(alice, PATIENCE, store.save(alice, grant, null)));
		Path file = file("principals/alice-2bd806c97f0e00af1a1fc3328fa763a9/linear.json");
		assertThat(store.location(alice)).isEqualTo(file.toAbsolutePath().toString());
		assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
		Path own = Objects.requireNonNull(file.getParent());
		for (Path directory : List.of(own, Objects.requireNonNull(own.getParent()))) {
			assertThat(Files.getPosixFilePermissions(directory))
				.isEqualTo(PosixFilePermissions.fromString("rwx------"));
		}
		assertThat(file("linear.json")).doesNotExist();
		assertThat(store.location(KEY)).isEqualTo(file("linear.json").toAbsolutePath().toString());
	}

	@Test
	void storeWhenCreatedAndReadTouchesNothing() {
		FileTokenStore store = store();
		assertThat(store.isCurrent(KEY, get(store.load(KEY)).stamp())).isTrue();
		run(store.loadClient(KEY));
		run(store.loadMetadata(KEY));
		run(store.delete(KEY));
		run(store.purge(KEY));
		assertThat(this.root).isEmptyDirectory();
	}

	@Test
	@DisplayName("Law 12: files and directory are private from their creation")
	void saveWhenDirectoryIsMissingCreatesItForTheOwnerOnly() throws IOException {
		FileTokenStore store = store();
		run(locked(store, store.save(KEY, grant("first", 1), null, Map.of("issuer", "https://as.example.com"))));
		run(store.saveClient(KEY, client()));
		run(store.noteSpending(KEY, grant("first", 1), NOTE, Duration.ZERO));
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory()))).isEqualTo("rwx------");
		assertThat(list()).containsExactlyInAnyOrder("linear.json", "linear.client.json", "linear.meta.json",
				"linear.json.refresh.lock", "linear.json.refresh.spending", "records.lock");
		for (String file : list()) {
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file(file)))).as(file)
				.isEqualTo("rw-------");
		}
	}

	@Test
	void saveWritesATokenResponseWithWhatRenewingNeeds() throws Exception {
		save(store(), grant("first", 1), null);
		JsonMembers members = JsonMembers.parse(Files.readAllBytes(file("linear.json")));
		assertThat(members.rest()).containsEntry("access_token", "access-first")
			.containsEntry("token_type", "Bearer")
			.containsEntry("expires_in", 3600)
			.containsEntry("refresh_token", "refresh-first")
			.containsEntry("scope", "read write")
			.containsEntry("expires_at", 1893557045)
			.containsEntry("issuer", "https://as.example.com")
			.containsEntry("resource", "https://mcp.example.com/mcp/")
			.containsEntry("client_id", "client-1")
			.containsEntry("token_endpoint", "https://as.example.com/token")
			.containsEntry("generation", 1);
	}

	@Test
	void saveWhenThereIsAFractionOfASecondKeepsIt() {
		Instant expiresAt = Instant.parse("2030-01-02T03:04:05.123456789Z");
		Grant grant = grant("first", 1).mutate().expiresAt(expiresAt).issuedAt(NOW).build();
		save(store(), grant, null);
		assertThat(load(store())).isEqualTo(grant);
	}

	@Test
	void saveWhenRecordHasMembersWeDoNotKnowKeepsThem() throws IOException {
		external(
				"""
						{"access_token": "a", "refresh_token": "r", "x_account": {"id": 7, "tags": ["a", null]}, "x_note": "kept"}
						""");
		FileTokenStore store = store();
		Grant read = load(store);
		save(store, read.mutate().accessToken(Secret.of("b")).generation(1).build(), read);
		assertThat(Files.readString(file("linear.json"))).contains("\"x_note\" : \"kept\"")
			.contains("\"id\" : 7")
			.contains("null");
		assertThat(load(store()).additional()).containsOnlyKeys("x_account", "x_note");
	}

	@Test
	void saveWhenAdditionalMembersHaveNamesOfOursDoesNotLetThemIn() {
		Grant grant = Grant.with(Secret.of("a"))
			.generation(1)
			.additional(Map.of("refresh_token", "smuggled", "generation", 99))
			.build();
		save(store(), grant, null);
		Grant read = load(store());
		assertThat(read.refreshToken()).isNull();
		assertThat(read.generation()).isEqualTo(1);
	}

	@Test
	void saveWhenGenerationDoesNotGrowIsAProgrammingError() {
		FileTokenStore store = store();
		assertThatIllegalArgumentException().isThrownBy(() -> store.save(KEY, grant("a", 0), null));
		assertThatIllegalArgumentException().isThrownBy(() -> store.save(KEY, grant("b", 1), grant("a", 1)));
	}

	@Test
	@DisplayName("F5: absolute expiry is kept over a restart")
	void loadWhenRecordHasAnAbsoluteExpiryUsesIt() throws IOException {
		external("{\"access_token\": \"a\", \"expires_in\": 3600, \"expires_at\": 1893557045.5}");
		touch("linear.json", Instant.parse("2031-01-01T00:00:00Z"));
		Grant grant = load(store());
		assertThat(grant.expiresAt()).isEqualTo(Instant.parse("2030-01-02T04:04:05.5Z"));
		assertThat(grant.issuedAt()).isEqualTo(Instant.parse("2030-01-02T03:04:05.5Z"));
		assertThat(grant.generation()).isZero();
	}

	@Test
	@DisplayName("F5: a bare token response expires expires_in after it was written")
	void loadWhenRecordIsABareTokenResponseCountsFromItsModification() throws IOException {
		external("{\"access_token\": \"a\", \"token_type\": \"bearer\", \"expires_in\": 3600}");
		touch("linear.json", NOW);
		Grant grant = load(store());
		assertThat(grant.issuedAt()).isEqualTo(NOW);
		assertThat(grant.expiresAt()).isEqualTo(NOW.plusSeconds(3600));
		assertThat(grant.tokenType()).isEqualTo("Bearer");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"access_token\":\"a\",\"scope\":\"read write\"}",
			"{\"access_token\":\"a\",\"scope\":[\"read\",\"write\"]}",
			"\uFEFF \n{\"access_token\":\"a\",\"scope\":\" read  write \",\"refresh_token\":null}\n\n" })
	void loadWhenRecordIsWrittenInAnotherWayUnderstandsIt(String content) throws IOException {
		external(content);
		Grant grant = load(store());
		assertThat(grant.accessToken()).isEqualTo(Secret.of("a"));
		assertThat(grant.scope()).containsExactly("read", "write");
		assertThat(grant.refreshToken()).isNull();
		assertThat(grant.expiresAt()).isNull();
	}

	@Test
	void loadWhenRecordIsBareCompletesItFromClientAndMetadata() throws IOException {
		external("{\"access_token\": \"a\", \"refresh_token\": \"r\", \"expires_in\": 60}");
		Files.writeString(file("linear.client.json"), "{\"client_id\": \"registered\"}");
		Files.writeString(file("linear.meta.json"), """
				{"issuer": "https://as.example.com", "token_endpoint": "https://as.example.com/t"}""");
		Grant grant = load(store());
		assertThat(grant.clientId()).isEqualTo("registered");
		assertThat(grant.issuer()).isEqualTo("https://as.example.com");
		assertThat(grant.tokenEndpoint()).isEqualTo(URI.create("https://as.example.com/t"));
	}

	@Test
	void loadWhenMetadataIsOfAnotherIssuerDoesNotUseIt() throws IOException {
		external("{\"access_token\": \"a\", \"issuer\": \"https://as.example.com\"}");
		Files.writeString(file("linear.meta.json"), """
				{"issuer": "https://other.example.com", "token_endpoint": "https://other.example.com/t"}""");
		assertThat(load(store()).tokenEndpoint()).isNull();
	}

	@Test
	@DisplayName("F10: a bare refresh response of another program without a refresh token keeps the old one")
	void loadWhenRecordIsBareCompletesItFromWhatWasSeenLast() throws IOException {
		FileTokenStore store = store();
		save(store, grant("first", 7), null);
		external("{\"access_token\": \"external\", \"expires_in\": 60}");
		Grant first = grant("first", 7);
		Grant grant = load(store);
		assertThat(grant.accessToken()).isEqualTo(Secret.of("external"));
		assertThat(grant.refreshToken()).isEqualTo(first.refreshToken());
		assertThat(grant.issuer()).isEqualTo(first.issuer());
		assertThat(grant.resource()).isEqualTo(first.resource());
		assertThat(grant.tokenEndpoint()).isEqualTo(first.tokenEndpoint());
		assertThat(grant.clientId()).isEqualTo(first.clientId());
		assertThat(grant.scope()).isEqualTo(first.scope());
		assertThat(grant.generation()).isZero();
		Grant renewed = grant.mutate().accessToken(Secret.of("renewed")).generation(1).build();
		save(store, renewed, grant);
		assertThat(load(store())).isEqualTo(renewed);
	}

	@Test
	void loadWhenRecordIsOfAnotherIssuerTakesNothingOver() throws IOException {
		FileTokenStore store = store();
		save(store, grant("first", 7), null);
		external("{\"access_token\": \"external\", \"issuer\": \"https://other.example.com\"}");
		Grant grant = load(store);
		assertThat(grant.refreshToken()).isNull();
		assertThat(grant.tokenEndpoint()).isNull();
		assertThat(grant.clientId()).isNull();
	}

	@Test
	@DisplayName("Law 14: a logout that was seen is not undone by a later bare response")
	void loadWhenRecordHadVanishedBeforeTakesNothingOver() throws IOException {
		FileTokenStore store = store();
		save(store, grant("first", 7), null);
		Files.delete(file("linear.json"));
		assertThat(get(store.load(KEY)).grant()).isNull();
		external("{\"access_token\": \"external\"}");
		assertThat(load(store).refreshToken()).isNull();
	}

	@Test
	void loadWhenRecordIsOursAddsNothingToIt() {
		FileTokenStore store = store();
		Grant first = save(store, grant("first", 1), null);
		Grant second = Grant.with(Secret.of("second")).generation(2).build();
		save(store(), second, first);
		assertThat(load(store)).isEqualTo(second);
	}

	@Test
	@DisplayName("F33: an issuer that Hermes agent wrote with a slash is the same issuer")
	void loadWhenHermesWroteTheRecordUnderstandsIt() throws IOException {
		FileTokenStore store = store();
		save(store, grant("first", 3), null);
		external("""
				{
				  "access_token": "from-hermes",
				  "token_type": "Bearer",
				  "expires_in": 3600,
				  "scope": "read",
				  "refresh_token": "rotated",
				  "expires_at": 1893557045.123,
				  "hermes_issuer": "https://as.example.com/"
				}""");
		Grant grant = load(store);
		assertThat(grant.refreshToken()).isEqualTo(Secret.of("rotated"));
		assertThat(grant.expiresAt()).isEqualTo(Instant.parse("2030-01-02T04:04:05.123Z"));
		assertThat(grant.issuer()).isEqualTo("https://as.example.com");
		assertThat(grant.tokenEndpoint()).isEqualTo(URI.create("https://as.example.com/token"));
		save(store, grant.mutate().generation(1).build(), grant);
		assertThat(Files.readString(file("linear.json"))).contains("\"hermes_issuer\" : \"https://as.example.com/\"")
			.contains("\"issuer\" : \"https://as.example.com\"");
		assertThat(load(store()).issuer()).isEqualTo("https://as.example.com");
	}

	@Test
	void loadClientWhenHermesWroteItUnderstandsIt() throws IOException {
		Files.createDirectories(directory());
		Files.writeString(file("linear.client.json"),
				"""
						{"client_id": "dcr", "client_secret": "s", "client_secret_expires_at": 0,
						 "token_endpoint_auth_method": "client_secret_post", "redirect_uris": ["http://127.0.0.1:4711/callback"],
						 "grant_types": ["authorization_code", "refresh_token"], "scope": null}""");
		OAuthClient client = get(store().loadClient(KEY));
		assertThat(client.origin()).isEqualTo(OAuthClient.Origin.REGISTERED);
		assertThat(client.secretExpiresAt()).isNull();
		assertThat(client.redirectUris()).containsExactly("http://127.0.0.1:4711/callback");
		assertThat(client.additional()).containsOnlyKeys("grant_types");
		Files.writeString(file("linear.client.json"), "{\"client_id\": \"https://app.example.com/client.json\"}");
		assertThat(get(store().loadClient(KEY)).origin()).isEqualTo(OAuthClient.Origin.METADATA_DOCUMENT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "[]", "\"text\"", "{", "{\"access_token\":\"sec-ret\"", "{}",
			"{\"access_token\":null}", "{\"access_token\":\"\"}", "{\"access_token\":{\"sec-ret\":1}}",
			"{\"access_token\":\"sec-ret\"} sec-ret", "{\"access_token\":\"sec-ret\\n\"}",
			"{\"access_token\":\"sec-ret\",\"expires_at\":\"sec-ret\"}",
			"{\"access_token\":\"sec-ret\",\"expires_at\":1893557045000}",
			"{\"access_token\":\"sec-ret\",\"expires_in\":1e99999}",
			"{\"access_token\":\"sec-ret\",\"expires_in\":true}", "{\"access_token\":\"sec-ret\",\"scope\":7}",
			"{\"access_token\":\"sec-ret\",\"scope\":[\"sec-ret\",7]}",
			"{\"access_token\":\"sec-ret\",\"token_endpoint\":\"sec ret\"}",
			"{\"access_token\":\"sec-ret\",\"generation\":-1}", "sec-ret" })
	@DisplayName("F11: a record that makes no sense is a named error without its content, and is left as it is")
	void loadWhenRecordMakesNoSenseFails(String content) throws IOException {
		external(content);
		assertThatExceptionOfType(CorruptRecordException.class).isThrownBy(() -> run(store().load(KEY)))
			.withMessageContaining(file("linear.json").toString())
			.withMessageContaining("'linear'")
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining("linear.json").hasNoCause())
			.satisfies((ex) -> assertThat(stackTrace(ex)).doesNotContain("sec-ret", "sec ret"));
		assertThat(list()).containsExactly("linear.json");
		assertThat(Files.readString(file("linear.json"))).isEqualTo(content);
	}

	@Test
	@DisplayName("F11: a record of an absurd size is not read")
	void loadWhenRecordIsHugeFails() throws IOException {
		external("{\"access_token\":\"" + "a".repeat(2 * JsonMembers.LARGEST) + "\"}");
		assertThatExceptionOfType(CorruptRecordException.class).isThrownBy(() -> run(store().load(KEY)))
			.withMessageContaining("larger than 1048576 bytes");
	}

	@Test
	@DisplayName("F11: the bytes of a corrupt record are kept aside when it is replaced")
	void saveWhenRecordIsCorruptKeepsItsBytesAside(CapturedOutput output) throws IOException {
		external("{\"access_token\":\"half");
		FileTokenStore store = new FileTokenStore(directory(), Clock.fixed(NOW, ZoneOffset.UTC),
				WorkThreads.platform());
		save(store, grant("login", 1), null);
		assertThat(load(store)).isEqualTo(grant("login", 1));
		Path aside = file("linear.json.corrupt-20300102T030405678Z");
		assertThat(aside).hasContent("{\"access_token\":\"half");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(aside))).isEqualTo("rw-------");
		assertThat(output).contains(aside.toString()).doesNotContain("half");
		external("[]");
		save(store, grant("again", 1), null);
		assertThat(file("linear.json.corrupt-20300102T030405678Z-1")).hasContent("[]");
		run(store.purge(KEY));
		assertThat(list()).containsExactly("linear.json.refresh.lock");
	}

	@Test
	@DisplayName("F11: a corrupt client or metadata file is taken for absent, with one warning")
	void loadClientWhenItIsCorruptIsEmpty(CapturedOutput output) throws IOException {
		Files.createDirectories(directory());
		Files.writeString(file("linear.client.json"), "{\"client_id\":7}");
		Files.writeString(file("linear.meta.json"), "<html>");
		FileTokenStore store = store();
		for (int i = 0; i < 3; i++) {
			assertThat(store.loadClient(KEY).block(PATIENCE)).isNull();
			assertThat(store.loadMetadata(KEY).block(PATIENCE)).isNull();
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("linear.client.json"))).hasSize(1);
		assertThat(output.toString().lines().filter((line) -> line.contains("linear.meta.json"))).hasSize(1);
		run(store.saveClient(KEY, client()));
		run(locked(store, store.save(KEY, grant("first", 1), null, Map.of("issuer", "https://as.example.com"))));
		assertThat(get(store.loadClient(KEY))).isEqualTo(client());
		assertThat(get(store.loadMetadata(KEY))).containsEntry("issuer", "https://as.example.com");
		assertThat(list()).filteredOn((name) -> name.contains(".json.corrupt-")).hasSize(2);
	}

	@Test
	void isCurrentWhenRecordIsSeenForTheFirstTimeIsNoChange() throws IOException {
		external("{\"access_token\": \"a\"}");
		FileTokenStore store = store();
		StoredGrant first = get(store.load(KEY));
		assertThat(first.grant()).isEqualTo(settled(store).grant());
	}

	@Test
	@DisplayName("Seed: a file that vanished is a logout")
	void isCurrentWhenFileVanishedIsFalse() throws IOException {
		FileTokenStore store = store();
		save(store, grant("first", 1), null);
		StoredGrant settled = settled(store);
		Files.delete(file("linear.json"));
		assertThat(store.isCurrent(KEY, settled.stamp())).isFalse();
		StoredGrant absent = get(store.load(KEY));
		assertThat(absent.grant()).isNull();
		assertThat(store.isCurrent(KEY, absent.stamp())).isTrue();
		external("{\"access_token\": \"a\"}");
		assertThat(store.isCurrent(KEY, absent.stamp())).isFalse();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	@DisplayName("Seed: 200 external writes in a row are seen, though size, number and time of the file repeat")
	void isCurrentWhenFileIsReplacedAgainAndAgainSeesEachTime(boolean inPlace) throws IOException {
		external("{\"access_token\": \"token-0000\"}");
		FileTokenStore store = store();
		StoredGrant stored = get(store.load(KEY));
		for (int i = 1; i <= 200; i++) {
			String content = "{\"access_token\": \"token-%04d\"}".formatted(i);
			if (inPlace) {
				external(content);
			}
			else {
				Path draft = Files.writeString(file("draft"), content);
				Files.move(draft, file("linear.json"), StandardCopyOption.ATOMIC_MOVE);
			}
			assertThat(store.isCurrent(KEY, stored.stamp())).as("write %d is seen", i).isFalse();
			stored = get(store.load(KEY));
			assertThat(accessToken(stored)).isEqualTo("token-%04d".formatted(i));
		}
	}

	@Test
	void isCurrentWhenFileIsReplacedWithinTheTickOfItsClockIsFalse() throws IOException {
		external("{\"access_token\": \"token-1\"}");
		FileTime modified = Files.getLastModifiedTime(file("linear.json"));
		FileTokenStore store = store();
		StoredGrant stored = get(store.load(KEY));
		external("{\"access_token\": \"token-2\"}");
		Files.setLastModifiedTime(file("linear.json"), modified);
		assertThat(store.isCurrent(KEY, stored.stamp())).isFalse();
		assertThat(accessToken(get(store.load(KEY)))).isEqualTo("token-2");
	}

	@Test
	void isCurrentWhenFileSystemCountsSecondsWaitsForMoreThanOne() throws IOException {
		external("{\"access_token\": \"a\"}");
		touch("linear.json", Instant.parse("2029-01-01T00:00:00Z"));
		FileState coarse = FileState.of(Files.readAttributes(file("linear.json"), BasicFileAttributes.class));
		touch("linear.json", NOW);
		FileState fine = FileState.of(Files.readAttributes(file("linear.json"), BasicFileAttributes.class));
		assertThat(Duration.ofNanos(coarse.tick())).isGreaterThan(Duration.ofSeconds(2));
		assertThat(Duration.ofNanos(fine.tick())).isLessThan(Duration.ofSeconds(1));
	}

	@Test
	void saveWhenDoneIsNoChangeToTheWriter() {
		FileTokenStore store = store();
		Grant first = save(store, grant("first", 1), null);
		StoredGrant saved = get(locked(store, store.save(KEY, grant("second", 2), first)));
		assertThat(store.isCurrent(KEY, saved.stamp())).as("without reading it again").isTrue();
		StoredGrant settled = settled(store);
		assertThat(settled.grant()).isEqualTo(saved.grant());
		assertThat(((FileStamp) settled.stamp()).state()).isEqualTo(((FileStamp) saved.stamp()).state());
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	@DisplayName("Seed: an external write right after one's own is seen, though it looks the same but for its time")
	void isCurrentWhenRecordIsReplacedRightAfterASaveIsFalse(boolean inPlace) throws IOException {
		FileTokenStore store = store();
		for (int i = 1; i <= 50; i++) {
			Grant before = get(store.load(KEY)).grant();
			StoredGrant saved = get(locked(store, store.save(KEY, grant("own", i), before)));
			String content = Files.readString(file("linear.json")).replace("access-own", "access-ext");
			if (inPlace) {
				external(content);
			}
			else {
				Path draft = Files.writeString(file("draft"), content);
				Files.move(draft, file("linear.json"), StandardCopyOption.ATOMIC_MOVE);
			}
			assertThat(store.isCurrent(KEY, saved.stamp())).as("write %d is seen", i).isFalse();
			assertThat(accessToken(get(store.load(KEY)))).isEqualTo("access-ext");
		}
	}

	@Test
	@DisplayName("Law 14: an external write between read and save is not overwritten")
	void saveWhenRecordWasReplacedByABareResponseFails() throws IOException {
		FileTokenStore store = store();
		Grant first = save(store, grant("first", 1), null);
		external("{\"access_token\": \"external\", \"expires_in\": 60}");
		assertThatExceptionOfType(GrantConflictException.class).isThrownBy(() -> save(store, grant("late", 2), first));
		assertThat(accessToken(get(store.load(KEY)))).isEqualTo("external");
		assertThat(list()).containsExactlyInAnyOrder("linear.json", "linear.json.refresh.lock");
	}

	@Test
	@DisplayName("Law 14: an external write in the middle of a save is not overwritten")
	void saveWhenRecordIsReplacedMeanwhileFails() throws IOException {
		external("{\"access_token\":\"half");
		FileTokenStore store = new FileTokenStore(directory(), new Clock() {

			@Override
			public Instant instant() {
				try {
					external("{\"access_token\": \"external\"}");
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
				return NOW;
			}

			@Override
			public ZoneOffset getZone() {
				return ZoneOffset.UTC;
			}

			@Override
			public Clock withZone(ZoneId zone) {
				return this;
			}

		}, WorkThreads.platform());
		assertThatExceptionOfType(GrantConflictException.class).isThrownBy(() -> save(store, grant("login", 1), null));
		assertThat(accessToken(get(store.load(KEY)))).isEqualTo("external");
		assertThat(list()).noneMatch((name) -> name.endsWith(".tmp"));
	}

	@Test
	@DisplayName("Seed: a Kubernetes secret that is swapped underneath is seen")
	void isCurrentWhenDirectoryIsSwappedBehindALinkIsFalse() throws IOException {
		Files.createDirectories(directory());
		Path first = Files.createDirectory(file("..2030_01"));
		Files.writeString(first.resolve("linear.json"), "{\"access_token\": \"one\"}");
		Files.createSymbolicLink(file("..data"), first.getFileName());
		Files.createSymbolicLink(file("linear.json"), Path.of("..data", "linear.json"));
		FileTokenStore store = store();
		StoredGrant settled = settled(store);
		assertThat(accessToken(settled)).isEqualTo("one");
		Path second = Files.createDirectory(file("..2030_02"));
		Files.writeString(second.resolve("linear.json"), "{\"access_token\": \"two\"}");
		Files.setLastModifiedTime(second.resolve("linear.json"),
				Files.getLastModifiedTime(first.resolve("linear.json")));
		Files.createSymbolicLink(file("..data_tmp"), second.getFileName());
		Files.move(file("..data_tmp"), file("..data"), StandardCopyOption.ATOMIC_MOVE);
		assertThat(store.isCurrent(KEY, settled.stamp())).isFalse();
		assertThat(accessToken(get(store.load(KEY)))).isEqualTo("two");
	}

	@Test
	void saveWhenRecordIsALinkWritesThroughIt() throws IOException {
		Path shared = Files.createDirectory(this.root.resolve("shared")).resolve("token.json");
		Files.writeString(shared, "{\"access_token\": \"one\"}");
		Files.createDirectories(directory());
		Files.createSymbolicLink(file("linear.json"), shared);
		FileTokenStore store = store();
		Grant read = load(store);
		save(store, grant("second", 1), read);
		assertThat(file("linear.json")).isSymbolicLink();
		assertThat(Files.readString(shared)).contains("access-second");
		assertThat(shared.getParent()).isDirectoryNotContaining("glob:*.tmp");
		run(store.delete(KEY));
		assertThat(shared).doesNotExist();
		assertThat(Files.isSymbolicLink(file("linear.json"))).isFalse();
	}

	@Test
	@DisplayName("S16: a link of another user is not written or removed through")
	void saveWhenLinkIsAnotherUsersDoesNotFollowIt() throws IOException {
		Files.createDirectories(directory());
		Path precious = Files.writeString(this.root.resolve("precious"), "{}");
		Path link = Files.createSymbolicLink(file("linear.json"), precious);
		boolean foreign = giveAway(link);
		FileTokenStore store = store();
		run(store.delete(KEY));
		assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
		assertThat(Files.exists(precious)).isEqualTo(foreign);
		Files.writeString(precious, "damaged");
		Files.createSymbolicLink(link, precious);
		giveAway(link);
		save(store, grant("first", 1), null);
		assertThat(Files.isSymbolicLink(link)).isNotEqualTo(foreign);
		assertThat(Files.readString(precious).equals("damaged")).isEqualTo(foreign);
	}

	/**
	 * Give a link to another user, which only root can do.
	 */
	private static boolean giveAway(Path link) {
		try {
			Files.setAttribute(link, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
			return true;
		}
		catch (IOException | UnsupportedOperationException ex) {
			return false;
		}
	}

	@Test
	@DisplayName("S16: a directory that others can write is reported")
	void loadWhenDirectoryIsWritableByOthersWarns(CapturedOutput output) throws IOException {
		save(store(), grant("first", 1), null);
		Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwx-w----"));
		load(store());
		assertThat(output).contains("Other users can change " + directory());
	}

	@Test
	@DisplayName("S16: a logout removes copies of damaged records")
	void deleteWhenThereAreCopiesOfDamagedRecordsRemovesThem() throws IOException {
		external("{\"access_token\": \"sesame");
		FileTokenStore store = store();
		save(store, grant("first", 1), null);
		assertThat(list()).anyMatch((name) -> name.contains(".corrupt-"));
		run(store.delete(KEY));
		assertThat(list()).noneMatch((name) -> name.contains(".corrupt-"));
	}

	@Test
	@DisplayName("F52: a user without a home directory has no default directory, and never one named '?'")
	void defaultDirectoryWhenThereIsNoHomeIsNull() {
		assertThat(FileTokenStore.defaultDirectory("?", null)).isNull();
		assertThat(FileTokenStore.defaultDirectory("", "relative")).isNull();
		assertThat(FileTokenStore.defaultDirectory("?", "/home/agent")).isEqualTo(Path.of("/home/agent/.mcp-oauth"));
		assertThat(FileTokenStore.defaultDirectory("/root", null)).isEqualTo(Path.of("/root/.mcp-oauth"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"token_type\":\"Bea\\nrer\",\"access_token\":\"sesame\"",
			"\"token_type\":\"Bearer\",\"access_token\":\"sesame\\u0416\"",
			"\"token_type\":\"\\u0416\",\"access_token\":\"sesame\"" })
	@DisplayName("S11: a token that no header can hold is a damaged record, and is not quoted")
	void loadWhenTokenFitsNoHeaderFails(String members) throws IOException {
		external("{%s}".formatted(members));
		assertThatExceptionOfType(CorruptRecordException.class).isThrownBy(() -> load(store()))
			.withMessageNotContaining("sesame")
			.withNoCause();
	}

	@Test
	void lockedWhenLockFileIsALinkDoesNotFollowIt() throws IOException {
		Path precious = Files.writeString(this.root.resolve("precious"), "content");
		Files.createDirectories(directory());
		Files.createSymbolicLink(file("linear.json.refresh.lock"), precious);
		AtomicBoolean worked = new AtomicBoolean();
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> run(store().locked(KEY, PATIENCE, Mono.fromRunnable(() -> worked.set(true)))))
			.withMessageContaining("linear.json.refresh.lock")
			.withMessageContaining("is a link");
		assertThat(worked).isFalse();
		assertThat(precious).hasContent("content");
	}

	@Test
	void saveWhenFileSystemHasNoPermissionsAndNoFileKeysWorks() throws IOException {
		try (FileSystem archive = FileSystems.newFileSystem(this.root.resolve("tokens.zip"),
				Map.of("create", "true"))) {
			assertThat(archive.supportedFileAttributeViews()).doesNotContain("posix");
			FileTokenStore store = new FileTokenStore(archive.getPath("/tokens"));
			run(store.save(KEY, grant("first", 1), null));
			StoredGrant first = get(store.load(KEY));
			assertThat(first.grant()).isEqualTo(grant("first", 1));
			run(store.save(KEY, grant("second", 2), first.grant()));
			assertThat(store.isCurrent(KEY, first.stamp())).isFalse();
			assertThat(load(store)).isEqualTo(grant("second", 2));
			run(store.purge(KEY));
			assertThat(get(store.load(KEY)).grant()).isNull();
		}
	}

	@Test
	void saveWhenDirectoryCannotBeCreatedFails() throws IOException {
		Files.writeString(directory(), "a file where the directory should be");
		FileTokenStore store = store();
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> run(store.locked(KEY, PATIENCE, Mono.just("work"))))
			.withMessageContaining("'linear'");
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> run(store.save(KEY, grant("first", 1), null)))
			.withMessageContaining(file("linear.json").toString());
	}

	@Test
	@DisplayName("Law 12: what dead writers left is removed, what living ones write is not")
	void saveWhenDeadWritersLeftFilesRemovesThem() throws IOException {
		FileTokenStore store = store();
		Grant first = save(store, grant("first", 1), null);
		Instant now = Files.getLastModifiedTime(file("linear.json")).toInstant();
		for (String name : List.of(".linear.json.0123456789abcdef.tmp", ".linear.json.fedcba9876543210.tmp",
				".github.json.0123456789abcdef.tmp", ".linear.json.tmp", "linear.json.0123456789abcdef.tmp")) {
			Files.writeString(file(name), "half a rec");
			touch(name, now.minus(Duration.ofDays(1)));
		}
		touch(".linear.json.fedcba9876543210.tmp", now.minus(Duration.ofMinutes(1)));
		save(store, grant("second", 2), first);
		assertThat(list()).doesNotContain(".linear.json.0123456789abcdef.tmp")
			.contains(".linear.json.fedcba9876543210.tmp", ".github.json.0123456789abcdef.tmp", ".linear.json.tmp",
					"linear.json.0123456789abcdef.tmp");
	}

	@Test
	void loadWhenOthersCanReadTheFilesWarnsOnce(CapturedOutput output) throws IOException {
		external("{\"access_token\": \"a\"}");
		Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
		Files.setPosixFilePermissions(file("linear.json"), PosixFilePermissions.fromString("rw-r-----"));
		FileTokenStore store = store();
		for (int i = 0; i < 3; i++) {
			load(store);
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("Other users can read"))).hasSize(2)
			.anyMatch((line) -> line.contains(file("linear.json") + ","))
			.anyMatch((line) -> line.contains(directory() + ","));
	}

	@Test
	void loadWhenNobodyElseCanReadTheFilesDoesNotWarn(CapturedOutput output) {
		FileTokenStore store = store();
		save(store, grant("first", 1), null);
		load(store);
		assertThat(output).doesNotContain("WARN");
	}

	@Test
	void noteSpendingWhenNoteMakesNoSenseWritesANewOne() throws IOException {
		FileTokenStore store = store();
		Grant grant = grant("first", 1);
		save(store, grant, null);
		run(store.noteSpending(KEY, grant, NOTE, Duration.ZERO));
		assertThat(Files.readString(file("linear.json.refresh.spending"))).contains("0123456789abcdef");
		Files.writeString(file("linear.json.refresh.spending"), "0123456789abcdef");
		assertThat(get(store.noteSpending(KEY, grant, NOTE, Duration.ZERO))).isEqualTo(new Noted(false));
		assertThat(get(store.noteSpending(KEY, grant, NOTE, Duration.ZERO))).isEqualTo(new Noted(true));
		run(store.delete(KEY));
		assertThat(file("linear.json.refresh.spending")).doesNotExist();
	}

	private FileTokenStore store() {
		return new FileTokenStore(directory());
	}

	private Path directory() {
		return this.root.resolve("tokens");
	}

	private Path file(String name) {
		return directory().resolve(name);
	}

	private List<String> list() throws IOException {
		try (Stream<Path> files = Files.list(directory())) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

	private void external(String content) throws IOException {
		Files.createDirectories(directory());
		Files.writeString(file("linear.json"), content);
	}

	private void touch(String name, Instant modified) throws IOException {
		Files.setLastModifiedTime(file(name), FileTime.from(modified));
	}

	private static Grant load(FileTokenStore store) {
		return Objects.requireNonNull(get(store.load(KEY)).grant());
	}

	private static Grant save(FileTokenStore store, Grant grant, @Nullable Grant replaces) {
		run(locked(store, store.save(KEY, grant, replaces)));
		return grant;
	}

	private static <T> Mono<T> locked(FileTokenStore store, Mono<T> work) {
		return store.locked(KEY, PATIENCE, work);
	}

	private static StoredGrant settled(FileTokenStore store) {
		return Awaitility.await()
			.atMost(PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> get(store.load(KEY)), (stored) -> store.isCurrent(KEY, stored.stamp()));
	}

	private static String accessToken(StoredGrant stored) {
		return Objects.requireNonNull(stored.grant()).accessToken().reveal();
	}

	private static String stackTrace(Throwable ex) {
		StringWriter text = new StringWriter();
		ex.printStackTrace(new PrintWriter(text));
		return text.toString();
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

	private static void run(Mono<?> mono) {
		mono.block(PATIENCE);
	}

	private static Set<GrantKey> keys(String... servers) {
		return Set.of(Stream.of(servers).map(GrantKey::of).toArray(GrantKey[]::new));
	}

	private static OAuthClient client() {
		return OAuthClient.with("client-1", OAuthClient.Origin.REGISTERED)
			.secret(Secret.of("secret"))
			.authMethod("client_secret_post")
			.issuer("https://as.example.com")
			.redirectUris(Set.of("http://127.0.0.1/callback"))
			.build();
	}

	private static Grant grant(String tokens, long generation) {
		return Grant.with(Secret.of("access-" + tokens))
			.refreshToken(Secret.of("refresh-" + tokens))
			.issuedAt(Instant.parse("2030-01-02T03:04:05Z"))
			.expiresAt(Instant.parse("2030-01-02T04:04:05Z"))
			.scope(new LinkedHashSet<>(List.of("read", "write")))
			.issuer("https://as.example.com")
			.tokenEndpoint(URI.create("https://as.example.com/token"))
			.clientId("client-1")
			.resource("https://mcp.example.com/mcp/")
			.generation(generation)
			.build();
	}

}
