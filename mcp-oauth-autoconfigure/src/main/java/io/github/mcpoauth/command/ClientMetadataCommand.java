// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.client.ClientMetadataCheck;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code mcp client-metadata}: prints the client ID metadata document of the application,
 * or one to host by hand, and checks one.
 */
final class ClientMetadataCommand extends Command {

	private static final int LARGEST = 64 * 1024;

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	ClientMetadataCommand() {
		super("client-metadata", "[<url>|--check [<url>|<file>]|--new-key=<file>]",
				"print or check the document that identifies this client");
	}

	@Override
	Work parse(Arguments arguments) {
		boolean check = arguments.flag("--check");
		String checked = check ? null : arguments.value("--check");
		String newKey = arguments.value("--new-key");
		String subject = (checked != null) ? checked : arguments.optional();
		arguments.end();
		if (newKey != null) {
			if (check || subject != null) {
				throw CommandException.usage("--new-key stands alone");
			}
			Path file = Objects.requireNonNull(ImportCommand.path(newKey));
			return (services, output) -> newKey(file, services, output);
		}
		if (check || checked != null) {
			return (services, output) -> check(subject, services, output);
		}
		return (services, output) -> print(subject, services.clientMetadata(), output);
	}

	private static ExitCode print(@Nullable String address, ClientMetadata client, Output output) {
		if (address == null) {
			requireAddress(client);
			return print(client.document(), output);
		}
		URI url = address(address);
		List<String> errors = (url != null) ? ClientMetadataCheck.ofAddress(url).errors()
				: List.of("it is not an address");
		if (url == null || !errors.isEmpty()) {
			throw new CommandException(ExitCode.FAILED, "A document cannot be hosted at %s: %s"
				.formatted(UntrustedText.quote(address), String.join(", and ", errors)));
		}
		ExitCode printed = print(documentAt(url, client), output);
		output.note("Host it there as application/json, and set 'mcp.servers.<name>.oauth.client-metadata-url' to %s."
			.formatted(UntrustedText.quote(address)));
		return printed;
	}

	private static Map<String, Object> documentAt(URI url, ClientMetadata client) {
		try {
			return client.documentAt(url);
		}
		catch (IllegalStateException ex) {
			throw new CommandException(ExitCode.FAILED, String.valueOf(ex.getMessage()));
		}
	}

	private static ExitCode print(Map<String, Object> document, Output output) {
		JsonMapper json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
		output.result(document, List.of(json.writeValueAsString(document)));
		return ExitCode.DONE;
	}

	private static void requireAddress(ClientMetadata client) {
		if (client.clientId() == null) {
			throw new CommandException(ExitCode.FAILED,
					"This application has no https address ('mcp.oauth.web.external-url'), so it serves no document. Name the address where you will host one: mcp client-metadata https://example.com/oauth/client.json");
		}
	}

	private static ExitCode check(@Nullable String subject, Services services, Output output) {
		String checked = subject;
		if (checked == null) {
			requireAddress(services.clientMetadata());
			checked = String.valueOf(services.clientMetadata().clientId());
		}
		URI url = checked.matches("(?i)[a-z][a-z0-9+.-]+://.*") ? address(checked) : null;
		ClientMetadataCheck result = (url != null)
				? Objects.requireNonNull(services.clientMetadataFetch().check(url).block(PATIENCE))
				: ClientMetadataCheck.of(null, content(checked));
		List<String> lines = new ArrayList<>();
		result.errors().forEach((error) -> lines.add("error: " + error));
		result.warnings().forEach((warning) -> lines.add("warning: " + warning));
		boolean good = result.errors().isEmpty();
		lines.add("%s %s".formatted(UntrustedText.quote(checked),
				good ? "can be used as a client identifier" : "cannot be used as a client identifier"));
		output.result(
				Map.of("document", checked, "usable", good, "errors", result.errors(), "warnings", result.warnings()),
				lines);
		return good ? ExitCode.DONE : ExitCode.FAILED;
	}

	private static byte[] content(String file) {
		Path path = Objects.requireNonNull(ImportCommand.path(file));
		try (InputStream in = Files.newInputStream(path)) {
			byte[] content = in.readNBytes(LARGEST + 1);
			if (content.length <= LARGEST) {
				return content;
			}
			throw new CommandException(ExitCode.FAILED,
					"The file %s has more than %d bytes".formatted(UntrustedText.quote(file), LARGEST));
		}
		catch (IOException ex) {
			throw new CommandException(ExitCode.FAILED,
					"The file %s cannot be read (%s)".formatted(UntrustedText.quote(file), FileFailure.reason(ex)));
		}
	}

	private static ExitCode newKey(Path file, Services services, Output output) {
		try {
			List<String> names = ClientMetadata.newKey(file, services.clock().instant());
			output.result(Map.of("file", file.toString(), "keys", names),
					List.of("The file %s has %d %s, the new one is %s".formatted(UntrustedText.quote(file.toString()),
							names.size(), (names.size() == 1) ? "key" : "keys", names.get(0))));
			output.note((names.size() == 1) ? "Set 'mcp.oauth.web.client-keys-location' to it."
					: "The new key is published now and signs in an hour. The one before stays published until the next.");
			return ExitCode.DONE;
		}
		catch (IllegalStateException ex) {
			throw new CommandException(ExitCode.FAILED, String.valueOf(ex.getMessage()));
		}
		catch (IOException ex) {
			throw new CommandException(ExitCode.FAILED, "The file %s cannot be written (%s)"
				.formatted(UntrustedText.quote(file.toString()), FileFailure.reason(ex)));
		}
	}

	private static @Nullable URI address(String text) {
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

}
