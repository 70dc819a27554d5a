// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Logins that keep their grants in real files.
 */
class LoginFileTests extends LoginTestBase {

	@TempDir
	Path directory;

	@BeforeEach
	void useFiles() {
		this.service = service(new FileTokenStore(this.directory));
	}

	@Test
	void loginWhenItEndsWellIsSeenByAnotherProcess() {
		Grant kept = logInToFiles();
		Grant grant = Objects.requireNonNull(new FileTokenStore(this.directory).load(KEY).block(PATIENCE)).grant();
		assertThat(grant).isEqualTo(kept);
		assertThat(this.authorizationServer.isActive(Objects.requireNonNull(grant).accessToken().reveal())).isTrue();
		assertThat(this.directory.resolve("test.json")).exists();
		assertThat(this.directory.resolve("test.client.json")).exists();
	}

	@Test
	@DisplayName("F15 another process uses the registered client")
	void loginWhenAnotherProcessHasRegisteredUsesItsClient() {
		logInToFiles();
		this.service.close();
		this.service = service(new FileTokenStore(this.directory));
		logInToFiles();
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 13 a failed and a cancelled login leave every file as it was")
	void loginWhenItFailsLeavesTheFilesAlone() throws IOException {
		logInToFiles();
		Map<String, String> before = files();
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, Answer.error(400, "invalid_grant"));
		LoginRun failing = begin(server((settings) -> settings.scopes(Set.of("more"))));
		consent(failing);
		assertThat(endFailing(failing).getReason()).isEqualTo(Reason.PROTOCOL);
		LoginRun cancelled = begin(server((settings) -> settings.scopes(Set.of("other"))));
		cancelled.cancel();
		assertThat(endFailing(cancelled).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(files()).isEqualTo(before);
	}

	@Test
	void loginWhenTheFileIsNoGrantReplacesIt() throws IOException {
		Files.writeString(this.directory.resolve("test.json"), "{\"access_tok");
		assertThat(logInToFiles().issuer()).isEqualTo(this.authorizationServer.issuer());
	}

	@Test
	void purgeWhenLoggedInLeavesNoGrantAndNoClient() {
		logInToFiles();
		assertThat(this.service.purge(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.directory.resolve("test.json")).doesNotExist();
		assertThat(this.directory.resolve("test.client.json")).doesNotExist();
		assertThat(this.directory.resolve("test.meta.json")).doesNotExist();
	}

	private Grant logInToFiles() {
		LoginRun login = begin(server());
		assertThat(consent(login).statusCode()).isEqualTo(200);
		return end(login);
	}

	private Map<String, String> files() throws IOException {
		Map<String, String> files = new TreeMap<>();
		try (Stream<Path> paths = Files.list(this.directory)) {
			for (Path path : paths.filter(LoginFileTests::isRecord).toList()) {
				files.put(path.getFileName().toString(), Files.readString(path));
			}
		}
		return files;
	}

	/**
	 * A login that failed is remembered for some minutes, for an answer that comes late.
	 */
	private static boolean isRecord(Path file) {
		return file.toString().endsWith(".json") && !file.toString().endsWith(".logins.json");
	}

}
