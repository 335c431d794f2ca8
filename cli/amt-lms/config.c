// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration file: lines of KEY=VALUE, comments, empty lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "config.h"

#define CONNECTIONS 64
#define IDLE	    600
#define IDLE_MAX    86400
#define SPACE	    " \t\r\n"

static char *strip(char *text)
{
	size_t size;

	text += strspn(text, SPACE);
	size = strlen(text);
	while (size && strchr(SPACE, text[size - 1]))
		text[--size] = '\0';
	return text;
}

/* As in unit files, an empty value forgets what came before. */
static void add_words(char ***words, size_t *count, char *value)
{
	char *word, *rest = value;

	if (!*value) {
		while (*count)
			free((*words)[--*count]);
		return;
	}
	while ((word = strsep(&rest, SPACE))) {
		if (!*word)
			continue;
		*words = xrealloc(*words, (*count + 1) * sizeof(**words));
		(*words)[(*count)++] = xasprintf("%s", word);
	}
}

static bool set_users(struct config *config, char *value)
{
	add_words(&config->users, &config->user_count, value);
	return true;
}

static bool set_groups(struct config *config, char *value)
{
	add_words(&config->groups, &config->group_count, value);
	return true;
}

static bool read_number(const char *value, unsigned int low, unsigned int high,
			unsigned int *number)
{
	unsigned long read;
	char *end;

	errno = 0;
	read = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || read < low ||
	    read > high)
		return false;
	*number = read;
	return true;
}

static bool set_connections(struct config *config, char *value)
{
	return read_number(value, 1, CONFIG_CONNECTIONS_MAX,
			   &config->connections);
}

static bool set_idle(struct config *config, char *value)
{
	return read_number(value, 0, IDLE_MAX, &config->idle);
}

static bool read_bool(const char *value, bool *is)
{
	*is = !strcmp(value, "yes");
	return *is || !strcmp(value, "no");
}

static bool set_affected(struct config *config, char *value)
{
	return read_bool(value, &config->affected);
}

static bool set_alerts(struct config *config, char *value)
{
	return read_bool(value, &config->alerts);
}

static const struct {
	const char *name;
	const char *wanted;
	bool (*set)(struct config *config, char *value);
} keys[] = {
	{ "AllowUsers", "names of users", set_users },
	{ "AllowGroups", "names of groups", set_groups },
	{ "MaxConnections", "a number from 1 to 64", set_connections },
	{ "IdleSec", "a number of seconds, at most 86400", set_idle },
	{ "AllowAffectedFirmware", "yes or no", set_affected },
	{ "LogAlerts", "yes or no", set_alerts },
};

/* NULL, or what is wrong with a line; changes it */
static char *read_line(struct config *config, char *line)
{
	char *key = strip(line), *value = strchr(key, '=');
	size_t i;

	if (!*key || *key == '#' || *key == ';')
		return NULL;
	if (!value)
		return xasprintf("'%s' is not KEY=VALUE", escaped(key));
	*value++ = '\0';
	key = strip(key);
	value = strip(value);
	for (i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (strcmp(key, keys[i].name))
			continue;
		if (keys[i].set(config, value))
			return NULL;
		return xasprintf("%s=%s: expected %s", key, escaped(value),
				 keys[i].wanted);
	}
	return xasprintf("'%s' is not known", escaped(key));
}

static char *read_lines(struct config *config, FILE *file, const char *path)
{
	char *line = NULL, *wrong = NULL, *message = NULL;
	unsigned int number = 0;
	size_t room = 0;
	ssize_t size;

	while (!wrong && (size = getline(&line, &room, file)) >= 0) {
		number++;
		/* what a disk makes of a file that was not written in time */
		wrong = strlen(line) == (size_t)size ? read_line(config, line) :
						       xasprintf("a NUL byte");
	}
	if (wrong)
		message = xasprintf("%s:%u: %s", path, number, wrong);
	else if (ferror(file))
		message = xasprintf("%s: %s", path, strerror(errno));
	free(wrong);
	free(line);
	return message;
}

char *config_read(struct config *config, const char *path, bool required)
{
	struct stat st;
	char *message;
	FILE *file;

	memset(config, 0, sizeof(*config));
	config->connections = CONNECTIONS;
	config->idle = IDLE;
	config->alerts = true;
	file = fopen(path, "re");
	/* a link that leads nowhere is no missing file: who may connect is not known */
	if (!file && errno == ENOENT && !required && lstat(path, &st))
		return NULL;
	if (!file)
		return xasprintf("%s: %s", path, strerror(errno));
	message = read_lines(config, file, path);
	fclose(file);
	return message;
}

void config_free(struct config *config)
{
	char none[] = "";

	add_words(&config->users, &config->user_count, none);
	add_words(&config->groups, &config->group_count, none);
	free(config->users);
	free(config->groups);
	memset(config, 0, sizeof(*config));
}
